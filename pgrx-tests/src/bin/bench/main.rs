//! `make bench`: a function against the same work in plain SQL, on the same tables.
//!
//! Both scripts of a pair run mixed at random in one pgbench session with prepared statements, so that whatever else the
//! machine does hits them alike; separate runs differ by a quarter here. A script's time is the mean without its slowest
//! 5 %, a pair's ratio the median of its runs. `raw/raw` shows what the method itself adds.
//!
//! Ratios count on an idle machine only: where other processes take more than a tenth of it, nothing is judged.
//!
//! Usage: bench [SECONDS PER RUN (8) [MEASURED SCRIPT, `lists` or `transfer`]], within `cluster.sh exec`.

mod lists;
mod machine;
mod transfer;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Baseline script, measured script, and the least ratio (baseline time / measured time) the project promises.
const PAIRS: &[(&str, &str, Option<f64>)] = &[
    ("toggle_raw", "toggle_raw", None),
    ("toggle_raw", "toggle_function", Some(0.95)),
    ("pending_raw", "pending_function", Some(0.90)),
    ("create_raw", "create_function", None),
    // The same tables without any rule: what the triggers and constraints cost.
    ("toggle_bare", "toggle_function", None),
    ("create_bare", "create_function", None),
    // The SQL edition against the extension. (Each task that is deleted is created first.)
    ("toggle_function", "toggle_sql", None),
    ("complete_function", "complete_sql", None),
    ("update_function", "update_sql", None),
    ("create_function", "create_sql", None),
    ("delete_function", "delete_sql", None),
    ("pending_function", "pending_sql", None),
    // DDL on tables of the application, past the guard and through it.
    ("ddl_unguarded", "ddl_guarded", Some(0.98)),
    // A login against the bcrypt crate alone, and the crate against pgcrypto; at cost 12.
    ("crate_alone", "login", Some(0.952)),
    ("pgcrypto", "crate_alone", None),
];
const RUNS: usize = 5;

fn main() -> ExitCode {
    let seconds: u32 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(8);
    let only = std::env::args().nth(2);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench");
    let logs = Path::new(&std::env::var("TODO_CLUSTER").expect("run within cluster.sh exec")).join("bench");
    fs::create_dir_all(&logs).expect("a directory for pgbench's logs");
    run(Command::new("psql").args(["-Xq", "-v", "ON_ERROR_STOP=1", "-f"]).arg(scripts.join("setup.sql")));

    println!("{}", machine::description());
    let is_idle = machine::is_idle();
    println!("{:<30} {:<24} {:>10} {:>10} {:>7}   runs", "baseline", "measured", "µs", "µs", "ratio");
    let mut kept = true;
    let chosen = |pair: &&(&str, &str, Option<f64>)| only.as_deref().is_none_or(|name| name == pair.1);
    for &(baseline, measured, promised) in PAIRS.iter().filter(chosen) {
        let mut runs: Vec<(f64, f64)> =
            (0..RUNS).map(|seed| run_pair(&scripts, &logs, baseline, measured, seconds, seed)).collect();
        runs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let ratios: Vec<String> = runs.iter().map(|(b, m)| format!("{:.3}", b / m)).collect();
        let (b, m) = runs[RUNS / 2];
        kept &= verdict(baseline, measured, b, m, promised);
        println!("    runs: {}", ratios.join(" "));
    }
    if only.as_deref().is_none_or(|name| name == "lists") {
        kept &= lists::measure();
    }
    if only.as_deref().is_none_or(|name| name == "transfer") {
        kept &= transfer::measure(&logs);
    }
    // What ran beside it may have begun or ended since.
    let is_idle = is_idle && machine::is_idle();
    if kept && is_idle { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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

/// Runs both scripts mixed in one session; the mean time of either in microseconds.
fn run_pair(scripts: &Path, logs: &Path, baseline: &str, measured: &str, seconds: u32, seed: usize) -> (f64, f64) {
    let prefix = logs.join(format!("{baseline}-{measured}-{seed}"));
    run(Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-c", "1", "-l", "-T", &seconds.to_string()])
        .arg(format!("--random-seed={}", seed + 1))
        .arg(format!("--log-prefix={}", prefix.display()))
        .arg("-f")
        .arg(scripts.join(format!("{baseline}.sql")))
        .arg("-f")
        .arg(scripts.join(format!("{measured}.sql"))));
    let file = fs::read_dir(logs)
        .expect("pgbench's logs")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().starts_with(&*prefix.to_string_lossy()))
        .expect("pgbench wrote a log");
    let mut times = [Vec::new(), Vec::new()];
    for line in fs::read_to_string(file).expect("a readable log").lines() {
        // client_id transaction_no time script_no ...
        let fields: Vec<&str> = line.split(' ').collect();
        let (time, script): (f64, usize) = (fields[2].parse().expect("a time"), fields[3].parse().expect("a script"));
        times[script].push(time);
    }
    let [baseline, measured] = times.map(mean_of_fastest_95_percent);
    (baseline, measured)
}

fn mean_of_fastest_95_percent(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 95 / 100);
    times.iter().sum::<f64>() / times.len() as f64
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}
