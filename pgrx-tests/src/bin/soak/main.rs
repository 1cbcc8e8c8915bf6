//! `make soak`: for a long time, clients work while servers crash, in two parts.
//!
//! Usage: soak [moves | load] [--minutes N] [--seed N], within `cluster.sh exec`. Without a part, each has half of the time. It ends with a
//! report, and with exit code 1 at the first promise that is broken.

mod load;
mod moves;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Duration;
use todo_tests::random::Random;

/// A part by its name. It panics or returns false if a promise is broken.
type Part = (&'static str, fn(Duration, u64) -> bool);

const PARTS: [Part; 2] = [
    ("moves", |time, seed| {
        moves::run(time, seed);
        true
    }),
    ("load", load::run),
];

struct Options {
    part: Option<String>,
    minutes: u64,
    seed: u64,
}

impl Options {
    /// `None` if an argument is unknown.
    fn read() -> Option<Self> {
        let mut options = Self { part: None, minutes: 60, seed: Random::seed() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--minutes" => options.minutes = arguments.next()?.parse().ok()?,
                "--seed" => options.seed = arguments.next()?.parse().ok()?,
                part if PARTS.iter().any(|&(name, _)| name == part) => options.part = Some(argument),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(Options { part, minutes, seed }) = Options::read() else {
        eprintln!("usage: soak [moves | load] [--minutes N] [--seed N]");
        return ExitCode::from(2);
    };
    let parts: Vec<Part> =
        PARTS.into_iter().filter(|&(name, _)| part.as_ref().is_none_or(|part| part == name)).collect();
    let time = Duration::from_secs(minutes * 60) / parts.len() as u32;
    println!("seed {seed}, {minutes} minutes");
    for (name, run) in parts {
        println!("{name}:");
        if !catch_unwind(|| run(time, seed)).unwrap_or(false) {
            println!("{name}: a promise is broken; the seed is {seed}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
