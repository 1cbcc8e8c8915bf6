//! Clients do all that an application does, while the primary crashes, its backends are killed and its standby takes over.

mod accidents;
mod choice;
mod client;
mod pair;
mod record;
mod report;
mod run;
mod step;

use accidents::Accidents;
use client::Client;
use pair::{DATABASE, Pair};
use run::{Broken, Run};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::fuzz::INVARIANTS;
use todo_tests::strings;

const CLIENTS: u64 = 16;

/// Runs for so long, and prints a report. Whether no promise is broken.
pub fn run(time: Duration, seed: u64) -> bool {
    let pair = Pair::start(pair::prepare);
    let run = Run::default();
    let mut accidents = Accidents::new(&run, &pair, seed.wrapping_add(CLIENTS));
    let (tallies, checkers): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = Client::new(&run, &pair, number, seed);
                scope.spawn(|| client.work())
            })
            .collect();
        scope.spawn(|| report::progress(&run, Instant::now() + time));
        let outcome = catch_unwind(AssertUnwindSafe(|| accidents.run(time)));
        run.end();
        let worked = clients.into_iter().map(|client| client.join().expect("a client does not panic")).unzip();
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        worked
    });
    // All that was acknowledged is on the standby, too.
    accidents.fail_over();
    for mut checker in checkers.into_iter().flatten() {
        checker.compare().unwrap_or_else(|finding| run.found(finding));
    }
    let mut client = pair.primary().connect(DATABASE);
    for query in ["SELECT name || ': ' || detail FROM todo_check() WHERE NOT ok", INVARIANTS] {
        strings(&mut client, query).into_iter().for_each(|rule| run.found((Broken::Rule, rule)));
    }
    drop(accidents);
    report::report(run, &tallies)
}
