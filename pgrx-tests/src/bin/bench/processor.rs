//! The processor time that a backend takes for one call, which depends less on what else the machine does than the time that a
//! client waits. Statement and function take turns, by the thousand.

use crate::{Bench, median, pairs};
use postgres::types::{ToSql, Type};
use postgres::{Client, Statement};
use std::fs;
use todo_tests::server::connect;

const WORK: [&str; 5] = ["toggle", "create", "update", "complete", "delete"];
const CALLS: u32 = 1_000;
const ROUNDS: u32 = 11;

/// The text of a script's statement, with parameters, and what they are.
struct Script {
    statement: Statement,
    variables: Vec<String>,
}

pub fn measure(bench: &Bench) {
    println!("processor time of a backend:");
    for work in WORK {
        let mut client = connect("postgres");
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).expect("a row").get(0);
        let scripts = ["raw", "function"].map(|kind| Script::prepare(bench, &mut client, &format!("{work}_{kind}")));
        if work == "delete" {
            pairs::fill_pool(bench, CALLS * (ROUNDS + 1) * 2);
        }
        let mut times = [Vec::new(), Vec::new()];
        let mut call = 0;
        for round in 0..=ROUNDS {
            for (script, times) in scripts.iter().zip(&mut times) {
                let start = used(pid);
                for _ in 0..CALLS {
                    call += 1;
                    script.execute(&mut client, call);
                }
                // The first round makes plans and fills caches.
                if round > 0 {
                    times.push((used(pid) - start) / f64::from(CALLS));
                }
            }
            // Both must find pending tasks to complete.
            if work == "complete" {
                client.batch_execute("UPDATE tasks SET completed = false WHERE completed").expect("pending tasks");
            }
        }
        let [raw, function] = times.map(median);
        crate::verdict(&format!("{work}_raw"), &format!("{work}_function"), raw, function, None);
    }
}

impl Script {
    /// Reads a script of pgbench that has one statement.
    fn prepare(bench: &Bench, client: &mut Client, name: &str) -> Self {
        let path = bench.scripts.join(name).with_extension("sql");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let line = text.lines().last().expect("a statement");
        let (mut query, mut variables) = (String::new(), Vec::new());
        let mut rest = line;
        while let Some(colon) = rest.find(':') {
            let (before, after) = rest.split_at(colon);
            query.push_str(before);
            let end = after[1..].find(|c: char| !c.is_ascii_lowercase()).map_or(after.len(), |length| length + 1);
            let name = &after[1..end];
            if name.is_empty() {
                // A cast.
                query.push_str("::");
                rest = &after[2..];
                continue;
            }
            variables.push(name.to_owned());
            query.push_str(&format!("${}", variables.len()));
            rest = &after[end..];
        }
        query.push_str(rest);
        let statement = client.prepare(&query).unwrap_or_else(|e| panic!("{query}: {e}"));
        Self { statement, variables }
    }

    /// With values for the call of this number, counted from 1.
    fn execute(&self, client: &mut Client, call: u32) {
        // A step without a common factor with the number of tasks reaches all of them.
        let id = match self.variables.first().map(String::as_str) {
            Some("next") => pairs::POOL_START + call,
            _ => (call * 7919) % pairs::TASKS + 1,
        };
        let user = id % (pairs::TASKS / 100) + 1;
        let values: Vec<Box<dyn ToSql + Sync>> = self
            .variables
            .iter()
            .zip(self.statement.params())
            .map(|(variable, kind)| -> Box<dyn ToSql + Sync> {
                let value = if variable == "user" { user } else { id };
                match *kind {
                    Type::TEXT => Box::new(value.to_string()),
                    Type::INT4 => Box::new(value as i32),
                    _ => Box::new(i64::from(value)),
                }
            })
            .collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value).collect();
        let rows = client.query(&self.statement, &values).expect("rows");
        assert_eq!(rows.len(), 1, "a call without a row is another work");
    }
}

/// Processor time of a process since it began, in microseconds.
fn used(pid: i32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("Linux with statistics of its scheduler");
    text.split(' ').next().and_then(|field| field.parse::<f64>().ok()).expect("nanoseconds") / 1e3
}
