//! `todo-admin import` of a million tasks against `\copy` of the same rows, how much memory it takes, and how soon it starts.

use crate::{Bench, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 3;
/// The least ratio of the times of `\copy` and of an import.
const LEAST: f64 = 0.5;
/// The most memory that an import or export takes, in KiB.
const MEMORY: u64 = 64 * 1024;
const START: Duration = Duration::from_millis(50);

/// Whether what the project promises is kept.
pub fn measure(bench: &Bench) -> bool {
    let file = |name: &str| bench.logs.join(name).display().to_string();
    let (lines, users, tasks) = (file("all.jsonl"), file("users.csv"), file("tasks.csv"));
    bench.psql("postgres", "CREATE DATABASE transfer");
    bench.psql(
        "transfer",
        "CREATE EXTENSION todo;
         INSERT INTO users (id, email, name) SELECT i::text, i || '@example.com', 'User ' || i FROM generate_series(1, 10000) AS i;
         INSERT INTO tasks (user_id, title, description, completed)
             SELECT (i % 10000 + 1)::text, 'Task ' || i, repeat('word ', i % 40), i % 2 = 0 FROM generate_series(1, 1000000) AS i",
    );
    let (export_time, export_memory) = admin(&["export", "--force", &lines]);
    bench.psql("transfer", &format!("\\copy (TABLE users) TO '{users}'\n\\copy (TABLE tasks) TO '{tasks}'"));

    let mut ratios: Vec<(f64, f64)> = Vec::new();
    let mut memory = export_memory;
    for _ in 0..RUNS {
        let empty = "TRUNCATE users, tasks; CHECKPOINT";
        bench.psql("transfer", empty);
        let start = Instant::now();
        bench.psql("transfer", &format!("BEGIN;\n\\copy users FROM '{users}'\n\\copy tasks FROM '{tasks}'\nCOMMIT;"));
        let copy = start.elapsed();
        bench.psql("transfer", empty);
        let (import, peak) = admin(&["import", &lines]);
        memory = memory.max(peak);
        ratios.push((copy.as_secs_f64(), import.as_secs_f64()));
    }
    bench.psql("postgres", "DROP DATABASE transfer");
    ratios.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let runs: Vec<String> = ratios.iter().map(|(copy, import)| format!("{:.3}", copy / import)).collect();
    let (copy, import) = ratios[RUNS / 2];
    println!(
        "1,000,000 tasks: \\copy {copy:.1} s, import {import:.1} s, ratio {:.3} (at least {LEAST}), runs {}; export {:.1} s",
        copy / import,
        runs.join(" "),
        export_time.as_secs_f64()
    );
    println!("most memory of import and export: {memory} KiB (at most {MEMORY})");

    let mut starts: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            run(Command::new(program()).arg("--version"));
            start.elapsed()
        })
        .collect();
    starts.sort();
    println!("todo-admin starts and ends in {:.1} ms (at most {})", starts[10].as_secs_f64() * 1e3, START.as_millis());
    copy / import >= LEAST && memory <= MEMORY && starts[10] <= START
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/package/todo-admin")
}

/// Runs todo-admin. Returns how long it took, and the most memory that it had, in KiB.
fn admin(arguments: &[&str]) -> (Duration, u64) {
    let start = Instant::now();
    let mut command = Command::new(program());
    let command = command.args(arguments).env("PGDATABASE", "transfer").stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().expect("todo-admin starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))
        {
            peak = line.trim().trim_end_matches(" kB").parse().unwrap_or(peak);
        }
        if let Some(status) = child.try_wait().expect("a child to wait for") {
            assert!(status.success(), "todo-admin {arguments:?}: {status}");
            return (start.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
