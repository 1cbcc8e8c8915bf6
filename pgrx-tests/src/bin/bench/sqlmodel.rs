//! The specification's own code for a toggle: SQLModel with asyncpg, on the same server.

use crate::{run, verdict};
use std::process::Command;

/// The least ratio of the times of the specification's code and of the function.
const LEAST: f64 = 5.0;

/// Whether what the project promises is kept.
pub fn measure() -> bool {
    let python = std::env::var("BENCH_PYTHON").expect("a Python with SQLModel and asyncpg");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/python/bench_toggle.py");
    let output = run(Command::new(python).args(["-B", script]));
    let times: Vec<f64> = output.split_whitespace().map(|time| time.parse().expect("a time")).collect();
    let [model, in_session, alone] = times[..] else { panic!("{output}") };
    verdict("SQLModel's toggle", "todo_toggle_task, SQLModel", model, in_session, None);
    verdict("SQLModel's toggle", "todo_toggle_task, asyncpg", model, alone, Some(LEAST))
}
