//! Databases move and split, while clients write, commands are killed and servers crash.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};
use todo_tests::random::Random;
use todo_tests::shards::{FOUR, Shards};
use todo_tests::writers::under_load;

/// With this many databases, they are no longer split.
const MOST: usize = 16;

const WRITERS: usize = 8;

#[derive(Default)]
struct Report {
    moves: u32,
    splits: u32,
    kills: u32,
    crashes: u32,
}

/// Runs for this time, and panics at the first write that is lost.
pub fn run(time: Duration, seed: u64) {
    let mut random = Random::new(seed);
    let cluster = start();
    let users: Vec<String> = (0..WRITERS).map(|number| format!("writer-{number}")).collect();
    for user in &users {
        let number = todo_tests::shards::shard_of(&mut cluster.connect(0), user, FOUR.len());
        let insert = "INSERT INTO users (id, email, name) VALUES ($1::text, $1 || '@example.com', 'Writer')";
        cluster.connect(number).execute(insert, &[user]).expect("a user");
    }
    let mut report = Report::default();
    let end = Instant::now() + time;
    let writers = under_load(&cluster, &users, || {
        while Instant::now() < end {
            step(&cluster, &mut random, &mut report);
        }
    });
    let doctor = cluster.run(&["doctor"]);
    assert_eq!(doctor.code, 0, "{}{}", doctor.out, doctor.err);
    let sum = |count: fn(&todo_tests::writers::Writer) -> u64| writers.iter().map(count).sum::<u64>();
    let Report { moves, splits, kills, crashes } = report;
    println!("{moves} moves and {splits} splits; commands killed {kills} times; servers crashed {crashes} times");
    println!(
        "{} writes acknowledged, none lost; {} refused and repeated, {} interrupted by a crash; the longest wait was {:.1} s",
        sum(|writer| writer.acknowledged),
        sum(|writer| writer.refused),
        sum(|writer| writer.unknown),
        writers.iter().map(|writer| writer.longest).max().unwrap_or_default().as_secs_f64()
    );
}

/// Three servers that can replicate, with four databases.
fn start() -> Shards {
    let cluster = Shards::new("soak", 3, &FOUR);
    for server in &cluster.servers {
        server.connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").expect("a setting");
        server.restart(&[]);
    }
    cluster.init();
    cluster.ok(&["grant", "app"]);
    cluster
}

/// Moves a database or splits all of them, in as many attempts as necessary.
fn step(cluster: &Shards, random: &mut Random, report: &mut Report) {
    let places = cluster.places();
    if places.len() < MOST && random.below(8) == 0 {
        insist(cluster, &["split"], random, report);
        report.splits += 1;
        return;
    }
    let (database, from) = &places[random.below(places.len())];
    let others: Vec<&str> = ["a", "b", "c"].into_iter().filter(|server| server != from).collect();
    let to = others[random.below(others.len())];
    insist(cluster, &["move", database, "--to", to], random, report);
    report.moves += 1;
    let drop = format!("DROP DATABASE \"{database}\" WITH (FORCE)");
    cluster.server(from).connect("postgres").batch_execute(&drop).expect("the old database is not needed");
}

/// Runs a command until it succeeds, and kills it or crashes a server now and then.
fn insist(cluster: &Shards, arguments: &[&str], random: &mut Random, report: &mut Report) {
    let _ = std::fs::remove_file(cluster.dir.join("log"));
    // A split takes its time for each database, and is stopped again and again.
    let deadline = Instant::now() + Duration::from_secs(300 + 30 * cluster.places().len() as u64);
    loop {
        let log = cluster.dir.join("log");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(Instant::now() < deadline, "{arguments:?} does not come to an end: {}", said());
        let file = || File::options().create(true).append(true).open(&log).expect("a log");
        let mut command: Command = cluster.command(arguments);
        let mut child = command.stdout(file()).stderr(file()).spawn().expect("todo-admin starts");
        let moment = Duration::from_millis(random.below(6000) as u64);
        let begin = Instant::now();
        let accident = random.below(3);
        let status = loop {
            if let Some(status) = child.try_wait().expect("its status") {
                break Some(status);
            }
            if accident < 2 && begin.elapsed() > moment {
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        match (status, accident) {
            (Some(status), _) if status.success() => return,
            (Some(_), _) => {}
            (None, 0) => {
                report.kills += 1;
                child.kill().expect("a signal");
            }
            (None, _) => {
                report.crashes += 1;
                let server = &cluster.servers[random.below(cluster.servers.len())];
                server.halt();
                server.resume();
            }
        }
        child.wait().expect("its end");
    }
}
