//! `make fuzz`: functions called with arguments that nobody expects, many times.
//!
//! Usage: fuzz [--seed N] [--sets N] [--function NAME], within `cluster.sh exec`.

use std::process::ExitCode;
use std::time::Instant;
use todo_tests::fuzz::{Fuzz, Who};
use todo_tests::random::Random;

fn main() -> ExitCode {
    let (mut seed, mut sets, mut only) = (Random::seed(), 10_000, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (argument.as_str(), value.parse(), value) {
            ("--seed", Ok(number), _) => seed = number,
            ("--sets", Ok(number), _) => sets = number as usize,
            ("--function", _, name) if !name.is_empty() => only = Some(name),
            _ => {
                eprintln!("usage: fuzz [--seed N] [--sets N] [--function NAME]");
                return ExitCode::from(2);
            }
        }
    }
    println!("seed {seed}");
    let (begin, mut calls, mut is_clean) = (Instant::now(), 0, true);
    for who in Who::ALL {
        let mut fuzz = Fuzz::new(who, seed);
        for function in
            Fuzz::functions().iter().filter(|function| only.as_ref().is_none_or(|name| function.name == name))
        {
            let begin = Instant::now();
            let report = fuzz.run(function, sets);
            fuzz.look_at_database(function.name);
            calls += report.calls;
            println!("{report}, {:.1} s", begin.elapsed().as_secs_f64());
        }
        is_clean &= fuzz.findings.is_empty();
        print!("{}", fuzz.findings);
    }
    println!("{calls} calls in {} s", begin.elapsed().as_secs());
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
