//! `make fuzz`: calls functions with random and malformed arguments, many times.
//!
//! Usage: fuzz [--seed N] [--sets N] [--function NAME] [--sqlsmith N | --memory N], within `cluster.sh exec`. With `--sqlsmith`, sqlsmith
//! runs so many statements instead, as an application and as a superuser. With `--memory`, each function that takes little time is called
//! so many times as an application would, and must leave nothing in memory.

mod sqlsmith;

use std::process::ExitCode;
use std::time::Instant;
use todo_tests::fuzz::{Fuzz, Who};
use todo_tests::memory::{self, Growth};
use todo_tests::random::Random;

struct Options {
    seed: u64,
    sets: usize,
    function: Option<String>,
    statements: Option<usize>,
    calls: Option<u32>,
}

impl Options {
    /// `None` if an argument is unknown.
    fn read() -> Option<Self> {
        let mut options = Self { seed: Random::seed(), sets: 10_000, function: None, statements: None, calls: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match argument.as_str() {
                "--seed" => options.seed = value.parse().ok()?,
                "--sets" => options.sets = value.parse().ok()?,
                "--function" => options.function = Some(value),
                "--sqlsmith" => options.statements = Some(value.parse().ok()?),
                "--memory" => options.calls = Some(value.parse().ok()?),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::read() else {
        eprintln!("usage: fuzz [--seed N] [--sets N] [--function NAME] [--sqlsmith N | --memory N]");
        return ExitCode::from(2);
    };
    println!("seed {}", options.seed);
    let is_clean = match options {
        Options { calls: Some(calls), .. } => keep(calls, options.function.as_deref()),
        Options { statements: Some(statements), seed, .. } => {
            [Who::Application, Who::Superuser].map(|who| sqlsmith(who, statements, seed)) == [true; 2]
        }
        _ => call(&options),
    };
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Calls each function, or one. Returns whether nothing was wrong.
fn call(options: &Options) -> bool {
    let (begin, mut calls, mut is_clean) = (Instant::now(), 0, true);
    for who in Who::ALL {
        let mut fuzz = Fuzz::new(who, options.seed);
        let chosen = |name: &str| options.function.as_ref().is_none_or(|function| name == function);
        for function in Fuzz::functions().iter().filter(|function| chosen(function.name)) {
            let begin = Instant::now();
            let report = fuzz.run(function, options.sets);
            fuzz.look_at_database(function.name);
            calls += report.calls;
            println!("{report}, {:.1} s", begin.elapsed().as_secs_f64());
        }
        is_clean &= fuzz.findings.is_empty();
        print!("{}", fuzz.findings);
    }
    println!("{calls} calls in {} s", begin.elapsed().as_secs());
    is_clean
}

/// Runs sqlsmith. Returns whether it has found nothing.
fn sqlsmith(who: Who, statements: usize, seed: u64) -> bool {
    let wrong = sqlsmith::run(who, statements, seed);
    for line in &wrong {
        println!("{line}");
    }
    wrong.is_empty()
}

/// Calls each function, or one. Returns whether the calls have left nothing in memory.
fn keep(calls: u32, only: Option<&str>) -> bool {
    let mut is_clean = true;
    let mut look = |growth: Growth| {
        println!("{}: {} kB more after {} calls", growth.function, growth.kilobytes, growth.calls);
        is_clean &= growth.is_flat();
    };
    println!("in one transaction");
    memory::in_one_transaction(calls, only, &mut look);
    println!("in many transactions");
    memory::in_many_transactions(calls, only, &mut look);
    is_clean
}
