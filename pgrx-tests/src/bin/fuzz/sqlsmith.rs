//! Runs random statements of sqlsmith on what is installed, each rolled back. None may crash a backend or raise an internal error.
//! todo_auth is left out, because sqlsmith does not quote names, and some of its columns have names in mixed case.

use std::process::Command;
use todo_tests::functions::sample;
use todo_tests::fuzz::Who;
use todo_tests::{Edition, Server, strings};

/// What PostgreSQL logs when a backend crashes, and the SQLSTATE of an internal error.
const WRONG: [&str; 4] = ["was terminated by signal", "PANIC", "XX000", "XX001"];

/// Internal errors that PostgreSQL itself raises in senseless statements.
const ITS_OWN: [&str; 4] = [
    "XX000 ERROR:  invalid INTERVAL typmod",
    "XX000 ERROR:  failed to find conversion function from unknown to",
    "XX000 ERROR:  cannot advance OID counter anymore",
    "XX000 ERROR:  unrecognized objtype abbreviation",
];

/// Runs this many statements as a role. Returns what went wrong.
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
    // Many random statements fail, but not all of them.
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
