//! What is shown while it runs, and at the end.

use super::client::Tally;
use super::run::{Broken, Run, counted};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// On a terminal, a line that is written anew each second until the run is over.
pub fn progress(run: &Run, end: Instant) {
    if !std::io::stdout().is_terminal() {
        return;
    }
    let mut next = Instant::now();
    while !run.is_over() {
        if Instant::now() >= next {
            let left = end.saturating_duration_since(Instant::now()).as_secs();
            let calls = counted(&run.acknowledged);
            print!("\r{}:{:02} left, {calls} calls, {}\x1b[K", left / 60, left % 60, accidents(run));
            let _ = std::io::stdout().flush();
            next += Duration::from_secs(1);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    println!();
}

/// Short: with the rest, it is to fit into a line.
fn accidents(run: &Run) -> String {
    format!(
        "{} stops, {} kills, {} promotions, {} backups",
        counted(&run.stops),
        counted(&run.kills),
        counted(&run.promotions),
        counted(&run.backups)
    )
}

/// Prints all figures. Whether no promise is broken.
pub fn report(run: Run, tallies: &[Tally]) -> bool {
    let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum::<u64>();
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in tallies.iter().flat_map(|tally| &tally.acknowledged) {
        *kinds.entry(kind).or_default() += count;
    }
    println!(
        "{} calls acknowledged, {} of them writes, and {} by an isolated role:",
        kinds.values().sum::<u64>(),
        sum(|tally| tally.written),
        sum(|tally| tally.isolated)
    );
    for (kind, count) in kinds {
        println!("  {count:8} {kind}");
    }
    println!("{}", accidents(&run));
    println!(
        "{} more stops of the standby, and {} backups that a stop of the primary ended",
        counted(&run.stops_of_standby),
        counted(&run.backups_stopped)
    );
    println!(
        "{} calls without an answer; a standby refused {} and answered {}; {} met another client's deletion or creation; {} comparisons",
        sum(|tally| tally.unknown),
        sum(|tally| tally.refused),
        sum(|tally| tally.behind),
        sum(|tally| tally.met),
        sum(|tally| tally.compared)
    );
    let longest = tallies.iter().map(|tally| tally.longest).max().unwrap_or_default();
    println!("the longest wait was {:.1} s", longest.as_secs_f64());
    let grown: Vec<&(u64, Vec<i64>)> = tallies.iter().filter_map(|tally| tally.grown.as_ref()).collect();
    let most = |place: usize| grown.iter().map(|grown| grown.1[place]).max().unwrap_or_default();
    match grown.iter().map(|grown| grown.0).min() {
        Some(steps) => println!(
            "memory: {} sessions grew by at most {} kB in memory contexts and {} kB in all, in {steps} or more steps",
            grown.len(),
            most(0),
            most(1)
        ),
        None => println!("memory: not looked at, no session has lived long enough"),
    }
    let findings = run.findings();
    let of = |broken: Broken| findings.iter().filter(|finding| finding.0 == broken).count();
    println!(
        "{} lost, {} deadlocks, {} unexpected errors, {} sessions that grew, {} backups that failed, {} rules broken",
        of(Broken::Lost),
        of(Broken::Deadlock),
        of(Broken::Error),
        of(Broken::Memory),
        of(Broken::Backup),
        of(Broken::Rule)
    );
    for (broken, how) in &findings {
        println!("{broken:?}: {how}");
    }
    findings.is_empty()
}
