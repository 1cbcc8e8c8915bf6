//! Two scripts of pgbench, mixed at random in one session with prepared statements, so that whatever else the machine does hits
//! them alike; separate runs differ by a quarter here. A script's time is the mean without its slowest 5 %, a pair's ratio the
//! median of its runs. `toggle_raw` against itself shows what the method adds.

use crate::{Bench, run, verdict};
use std::fs;
use std::process::Command;

/// Baseline script, measured script, and the least ratio (baseline time / measured time) the project promises.
///
/// PostgreSQL itself takes most of what a function adds to a statement, as a function in C that only runs the statement shows. The shorter
/// the statement, the more this counts. So the least are those of the machine with the shorter statements of two, see
/// docs/performance.md.
const PAIRS: &[(&str, &str, Option<f64>)] = &[
    ("toggle_raw", "toggle_raw", None),
    ("toggle_raw", "toggle_function", Some(0.97)),
    ("create_raw", "create_function", Some(0.96)),
    ("update_raw", "update_function", Some(0.93)),
    ("complete_raw", "complete_function", Some(0.97)),
    ("delete_raw", "delete_function", Some(0.91)),
    ("pending_raw", "pending_function", Some(0.90)),
    // The same tables without rules, which shows what the triggers cost.
    ("toggle_bare", "toggle_function", Some(0.93)),
    ("create_bare", "create_function", Some(0.87)),
    // Both without rules, which shows what the indexes cost that the specification does not name.
    ("toggle_lean", "toggle_bare", Some(0.84)),
    ("create_lean", "create_bare", None),
    // The SQL edition.
    ("toggle_sql", "toggle_function", Some(1.05)),
    ("create_sql", "create_function", Some(1.05)),
    ("update_sql", "update_function", Some(1.05)),
    ("complete_sql", "complete_function", Some(1.03)),
    ("delete_sql", "delete_function", Some(1.0)),
    ("pending_sql", "pending_function", None),
    // DDL on tables of the application, without the guard and with it.
    ("ddl_unguarded", "ddl_guarded", Some(0.94)),
    // A login against the bcrypt crate alone, and the crate against pgcrypto; at cost 12.
    ("crate_alone", "login", Some(0.952)),
    ("pgcrypto", "crate_alone", Some(0.9)),
];
const RUNS: u32 = 5;
/// Tasks in setup.sql's tables.
pub const TASKS: u32 = 100_000;

/// How many tasks there are for a pair that deletes tasks, before each run.
const POOL: u32 = 10_000;
/// The ids of these tasks are above this one.
pub const POOL_START: u32 = 100_000_000;

/// All pairs, or those whose measured scripts are named. The result is whether what the project promises is kept.
pub fn measure(bench: &Bench, named: &[&str]) -> bool {
    let mut kept = true;
    for &(baseline, measured, promised) in
        PAIRS.iter().filter(|(_, measured, _)| named.is_empty() || named.contains(measured))
    {
        let mut runs: Vec<(f64, f64)> = (0..RUNS)
            .map(|seed| {
                run_pair(bench, "postgres", TASKS, [baseline, measured], &["-T", &bench.seconds.to_string()], seed)
            })
            .collect();
        runs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let ratios: Vec<String> = runs.iter().map(|(b, m)| format!("{:.3}", b / m)).collect();
        let (b, m) = runs[RUNS as usize / 2];
        kept &= verdict(baseline, measured, b, m, promised);
        println!("    runs: {}", ratios.join(" "));
    }
    kept
}

/// Runs both scripts mixed in one session; the mean time of either in microseconds.
pub fn run_pair(
    bench: &Bench,
    database: &str,
    tasks: u32,
    [baseline, measured]: [&str; 2],
    length: &[&str],
    seed: u32,
) -> (f64, f64) {
    let prefix = bench.logs.join(format!("{baseline}-{measured}-{seed}"));
    let script = |name: &str| bench.scripts.join(name).with_extension("sql");
    let mut pgbench = Command::new("pgbench");
    pgbench
        .args(["-n", "-M", "prepared", "-c", "1", "-l"])
        .args(length)
        .args(variables(tasks))
        .arg(format!("--random-seed={}", seed + 1))
        .arg(format!("--log-prefix={}", prefix.display()))
        .arg("-f")
        .arg(script(baseline))
        .arg("-f")
        .arg(script(measured));
    // A third script undoes what they change, as often as both of them run.
    if measured.starts_with("complete") {
        pgbench.arg(format!("-f{}@2", script("reopen").display()));
    } else if measured.starts_with("delete") {
        fill_pool(bench, POOL);
        pgbench.arg(format!("-f{}@2", script("refill").display()));
        for (name, start) in [("next", 0), ("sql_next", 0), ("fresh", POOL)] {
            pgbench.arg(format!("-D{name}={}", POOL_START + start));
        }
    }
    run(pgbench.arg(database));
    let file = fs::read_dir(&bench.logs)
        .expect("pgbench's logs")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().starts_with(&*prefix.to_string_lossy()))
        .expect("pgbench wrote a log");
    let mut times = [const { Vec::new() }; 3];
    for line in fs::read_to_string(&file).expect("a readable log").lines() {
        // client_id transaction_no time script_no ...
        let fields: Vec<&str> = line.split(' ').collect();
        let (time, script): (f64, usize) = (fields[2].parse().expect("a time"), fields[3].parse().expect("a script"));
        times[script].push(time);
    }
    fs::remove_file(file).expect("a log that was read");
    let [baseline, measured, _] = times.map(mean_of_fastest_95_percent);
    (baseline, measured)
}

/// The scripts' variables for tables of this size: each user has 100 tasks.
pub fn variables(tasks: u32) -> [String; 2] {
    [format!("-Dtasks={tasks}"), format!("-Dusers={}", tasks / 100)]
}

/// Replaces what is left of the tasks that can be deleted.
pub fn fill_pool(bench: &Bench, count: u32) {
    let tables = ["tasks", "sql_edition.tasks"].map(|table| {
        format!(
            "DELETE FROM {table} WHERE id > {POOL_START};
             INSERT INTO {table} (id, user_id, title, description)
                 SELECT {POOL_START} + i, i % 1000 + 1, 'New task', 'Description' FROM generate_series(1, {count}) AS i;
             VACUUM {table};"
        )
    });
    bench.psql("postgres", &tables.concat());
}

fn mean_of_fastest_95_percent(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 95 / 100);
    times.iter().sum::<f64>() / times.len() as f64
}
