//! Statements by sqlsmith over what is installed, each rolled back: none ends a session's process, and none has an internal error. todo_auth is
//! left out: sqlsmith does not quote names, and its tables have some in mixed case.

use std::process::Command;
use todo_tests::functions::sample;
use todo_tests::fuzz::Who;
use todo_tests::{Edition, Server, strings};

/// What PostgreSQL logs of a crash, and of an error that it did not expect: its SQLSTATE.
const WRONG: [&str; 4] = ["was terminated by signal", "PANIC", "XX000", "XX001"];

/// PostgreSQL's own errors that it did not expect, in statements that make no sense.
const ITS_OWN: [&str; 4] = [
    "XX000 ERROR:  invalid INTERVAL typmod",
    "XX000 ERROR:  failed to find conversion function from unknown to",
    "XX000 ERROR:  cannot advance OID counter anymore",
    "XX000 ERROR:  unrecognized objtype abbreviation",
];

/// Runs so many statements as a role; what went wrong.
pub fn run(who: Who, statements: usize, seed: u64) -> Vec<String> {
    let server = Server::start();
    for statement in ["ALTER SYSTEM SET log_line_prefix = '%e '", "SELECT pg_reload_conf()", "CREATE DATABASE smith"] {
        server.connect("postgres").batch_execute(statement).expect(statement);
    }
    let mut owner = server.connect("smith");
    let edition = Edition::current();
    let (todo, sample) = (edition.install("smith"), sample("public"));
    owner
        .batch_execute(&format!(
            "{todo}; {sample};
             INSERT INTO tasks (user_id, title, completed) SELECT 'u' || i % 2 + 1, 'Task ' || i, i % 3 = 0 FROM generate_series(1, 50) AS i;
             CREATE ROLE app LOGIN; SELECT todo_grant('app')"
        ))
        .expect("it installs");
    let user = if who == Who::Superuser { "postgres" } else { "app" };
    let output = Command::new("sqlsmith")
        .arg(format!("--target=host={} dbname=smith user={user}", server.host()))
        .args([
            "--exclude-catalog",
            "--verbose",
            &format!("--max-queries={statements}"),
            &format!("--seed={}", seed as u32 >> 1),
        ])
        .output()
        .expect("sqlsmith is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    // Of statements that make no sense, there are always many; but not only such.
    let errors =
        said.lines().filter_map(|line| line.strip_prefix("error rate: ")?.parse().ok()).next_back().unwrap_or(1.0);
    println!("sqlsmith as {user}: {statements} statements, {:.0} % of them without an error", 100.0 * (1.0 - errors));
    let log = std::fs::read_to_string(server.dir().join("server.log")).expect("a log");
    let mut wrong: Vec<String> = log
        .lines()
        .filter(|line| WRONG.iter().any(|sign| line.contains(sign)) && !line.starts_with("XX000 STATEMENT"))
        .filter(|line| !ITS_OWN.iter().any(|own| line.starts_with(own)))
        .map(|line| line.chars().take(300).collect())
        .collect();
    if !output.status.success() || errors > 0.9 {
        wrong.push(format!("sqlsmith ended with {}: {}", output.status, said.lines().last().unwrap_or_default()));
    }
    let mut owner = server.connect("smith");
    wrong.extend(strings(&mut owner, "SELECT concat_ws(': ', name, detail) FROM todo_check() WHERE NOT ok"));
    wrong
}
