//! `make bench`: a function against the same work in plain SQL.
//!
//! | part | what it measures |
//! |---|---|
//! | [`pairs`] | one task, one login, one command of DDL: two pgbench scripts mixed in one session |
//! | [`processor`] | the processor time of a backend for one call |
//! | [`connection`] | the first call in a new connection |
//! | [`sqlmodel`] | the specification's SQLModel code for a toggle |
//! | [`lists`] | pages, search and bulk work among two million tasks |
//! | [`isolation`] | an isolated role against one that is not |
//! | [`shards`] | calls through routers and sessions that find the database of a user |
//! | [`transfer`] | `todo-admin import` and `export` of a million tasks |
//! | [`growth`] | one task and one page, in tables of ten thousand to ten million tasks; only if it is named |
//! | [`plot`](growth::plot) | docs/growth.svg, from the table in docs/performance.md; only if it is named |
//!
//! Ratios count on an idle machine only: where other processes take more than a tenth of it, nothing is judged.
//!
//! Usage: bench [--seconds N] [--busy] [PART or MEASURED SCRIPT ...], within `cluster.sh exec`. `--busy` occupies each processor
//! with a thread, and judges nothing.

mod connection;
mod growth;
mod isolation;
mod lists;
mod machine;
mod pairs;
mod processor;
mod shards;
mod sqlmodel;
mod transfer;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const PARTS: [&str; 10] =
    ["pairs", "processor", "connection", "sqlmodel", "lists", "isolation", "shards", "transfer", "growth", "plot"];
/// The parts that use the tables of setup.sql.
const ON_SETUP: [&str; 4] = ["pairs", "processor", "connection", "sqlmodel"];

/// What one run of the benchmark works with.
struct Bench {
    /// How long one run of a pair takes.
    seconds: u32,
    /// Where pgbench's scripts are.
    scripts: PathBuf,
    /// Where pgbench's logs and other files go.
    logs: PathBuf,
}

fn main() -> ExitCode {
    let mut seconds = 8;
    let mut is_busy = false;
    let mut chosen: Vec<String> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => seconds = arguments.next().and_then(|s| s.parse().ok()).expect("a number of seconds"),
            "--busy" => is_busy = true,
            _ => chosen.push(argument),
        }
    }
    let bench = Bench {
        seconds,
        scripts: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/bench")),
        logs: PathBuf::from(std::env::var("TODO_CLUSTER").expect("run within cluster.sh exec")).join("bench"),
    };
    if let Some(unknown) = chosen.iter().find(|name| !PARTS.contains(&name.as_str()) && !bench.is_script(name)) {
        eprintln!("bench: there is no part or script {unknown}; parts are {}", PARTS.join(", "));
        return ExitCode::from(2);
    }
    fs::create_dir_all(&bench.logs).expect("a directory for pgbench's logs");

    println!("{}", machine::description());
    let is_idle = machine::is_idle();
    let busy = is_busy.then(machine::occupy);
    println!("{:<30} {:<24} {:>10} {:>10} {:>7}", "baseline", "measured", "µs", "µs", "ratio");
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|name| name == part);
    let scripts: Vec<&str> = chosen.iter().map(String::as_str).filter(|name| bench.is_script(name)).collect();

    let mut kept = true;
    if !scripts.is_empty() || ON_SETUP.into_iter().any(is_chosen) {
        bench.psql("postgres", &fs::read_to_string(bench.scripts.join("setup.sql")).expect("setup.sql"));
        if is_chosen("pairs") || !scripts.is_empty() {
            kept &= pairs::measure(&bench, &scripts);
        }
        if is_chosen("processor") {
            processor::measure(&bench);
        }
        if is_chosen("connection") {
            connection::measure();
        }
        if is_chosen("sqlmodel") {
            kept &= sqlmodel::measure();
        }
    }
    if is_chosen("lists") {
        kept &= lists::measure();
    }
    if is_chosen("isolation") {
        kept &= isolation::measure(&bench);
    }
    if is_chosen("shards") {
        shards::measure(&bench);
    }
    if is_chosen("transfer") {
        kept &= transfer::measure(&bench);
    }
    let is_named = |part: &str| chosen.iter().any(|name| name == part);
    if is_named("growth") {
        growth::measure(&bench);
    }
    if is_named("plot") {
        growth::plot();
    }
    drop(busy);
    // Another process may have begun or ended meanwhile.
    let is_idle = is_idle && !is_busy && machine::is_idle();
    if kept && is_idle { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Bench {
    fn is_script(&self, name: &str) -> bool {
        self.scripts.join(name).with_extension("sql").exists()
    }

    /// Runs a script of psql; what it prints.
    fn psql(&self, database: &str, text: &str) -> String {
        let script = self.logs.join("script.sql");
        fs::write(&script, text).expect("a script");
        run(Command::new("psql").args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f"]).arg(&script))
    }

    /// A script of pgbench with one statement.
    fn script(&self, name: &str, statement: &str) -> PathBuf {
        let path = self.logs.join(name).with_extension("sql");
        fs::write(&path, format!("{statement};\n")).expect("a script");
        path
    }

    /// The mean time of a script in microseconds, in one session with prepared statements, where the PG* variables lead.
    fn time(&self, script: &Path, variables: &[(&str, &str)]) -> f64 {
        let output = run(Command::new("pgbench")
            .args(["-n", "-M", "prepared", "-T", &self.seconds.div_ceil(4).to_string(), "-f"])
            .arg(script)
            .envs(variables.iter().copied()));
        let tps =
            output.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()).expect("pgbench's tps");
        1e6 / tps.parse::<f64>().expect("a number")
    }
}

/// Prints a line of the table. The result is whether the ratio is at least the promised one.
fn verdict(baseline: &str, measured: &str, baseline_time: f64, time: f64, promised: Option<f64>) -> bool {
    let ratio = baseline_time / time;
    let note = match promised {
        Some(least) if ratio < least => format!("  below {least}"),
        Some(least) => format!("  (at least {least})"),
        None => String::new(),
    };
    println!("{baseline:<30} {measured:<24} {baseline_time:>10.1} {time:>10.1} {ratio:>7.3}{note}");
    promised.is_none_or(|least| ratio >= least)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the command prints.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
