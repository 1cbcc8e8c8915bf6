//! Logging in, and changing the password: what renews a hash, how long a login takes, and what happens meanwhile.

use postgres::Client;
use std::time::Duration;
use todo_tests::passwords::{
    COMPOSED, DECOMPOSED, JANES_HASH, create_user, hash, logs_in, set_cost, stored_hash, their_hash,
};
use todo_tests::{Database, Failure};

#[test]
fn a_login_renews_a_cheaper_hash_and_no_other() {
    let mut database = Database::new();
    let mut other = database.connect();
    let client = &mut database.client;
    set_cost(client, 4);
    create_user(client, "long enough");
    let first = stored_hash(client);
    assert!(first.starts_with("$2b$04$"));
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), first, "the same cost");

    set_cost(client, 6);
    assert!(!logs_in(client, "wrong enough"));
    assert_eq!(stored_hash(client), first, "a wrong password");
    client.batch_execute("BEGIN READ ONLY").unwrap();
    assert!(logs_in(client, "long enough"));
    client.batch_execute("COMMIT").unwrap();
    assert_eq!(stored_hash(client), first, "a read-only transaction");

    // Another session has locked the row. The login does not wait, and a later one renews the hash.
    other.batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE").unwrap();
    client.batch_execute("SET statement_timeout = '5s'").unwrap();
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), first, "a locked row");
    other.batch_execute("COMMIT; BEGIN; LOCK TABLE users IN SHARE MODE").unwrap();
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), first, "a locked table");
    other.batch_execute("COMMIT").unwrap();

    // In a transaction with one snapshot, an UPDATE of a row that others have changed would fail.
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users").unwrap();
    other.batch_execute("UPDATE users SET name = 'Other'").unwrap();
    assert!(logs_in(client, "long enough"));
    client.batch_execute("COMMIT").unwrap();
    assert_eq!(stored_hash(client), first, "a transaction with one snapshot");

    assert!(logs_in(client, "long enough"));
    let renewed = stored_hash(client);
    assert!(renewed.starts_with("$2b$06$"));
    assert!(logs_in(client, "long enough"));
    set_cost(client, 5);
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), renewed, "a hash of a higher cost");
}

/// A failed login takes the time of one hash, whatever its cause, or of two hashes if the password is not in NFC.
#[test]
fn what_is_wrong_cannot_be_told_by_the_time() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 8);
    let insert = "INSERT INTO users (email, name, hashed_password, is_active) VALUES ($1 || '@b.cd', 'U', $2, $3)";
    let right = hash(client, "long enough").unwrap();
    let theirs = their_hash(DECOMPOSED);
    for (name, hash, active) in [
        ("right", &*right, true),
        ("inactive", &right, false),
        ("locked", "!", true),
        ("malformed", JANES_HASH, true),
        ("theirs", &theirs, true),
        ("theirs.inactive", &theirs, false),
    ] {
        client.execute(insert, &[&name, &hash, &active]).unwrap();
    }
    set_cost(client, 6);
    let cheaper = hash(client, "long enough").unwrap();
    client.execute(insert, &[&"cheaper", &cheaper, &true]).unwrap();
    set_cost(client, 8);
    let too_long = "x".repeat(73);
    alike(
        client,
        &[
            ("wrong password", Some("right@b.cd"), Some("wrong enough")),
            ("wrong password, cheaper hash", Some("cheaper@b.cd"), Some("wrong enough")),
            ("unknown address", Some("nobody@b.cd"), Some("long enough")),
            ("inactive", Some("inactive@b.cd"), Some("long enough")),
            ("locked", Some("locked@b.cd"), Some("long enough")),
            ("malformed hash", Some("malformed@b.cd"), Some("long enough")),
            ("no address", None, Some("long enough")),
            ("no password", Some("right@b.cd"), None),
            ("too long", Some("right@b.cd"), Some(&too_long)),
            ("too short", Some("right@b.cd"), Some("short")),
            ("NFC of a hash of another form", Some("theirs@b.cd"), Some(COMPOSED)),
        ],
    );
    let (too_short, too_long, too_long_in_nfc) = ("e\u{301}".repeat(7), "e\u{301}".repeat(40), "\u{958}".repeat(20));
    alike(
        client,
        &[
            ("wrong password", Some("right@b.cd"), Some(DECOMPOSED)),
            ("wrong password, cheaper hash", Some("cheaper@b.cd"), Some(DECOMPOSED)),
            ("unknown address", Some("nobody@b.cd"), Some(DECOMPOSED)),
            ("inactive", Some("theirs.inactive@b.cd"), Some(DECOMPOSED)),
            ("locked", Some("locked@b.cd"), Some(DECOMPOSED)),
            ("malformed hash", Some("malformed@b.cd"), Some(DECOMPOSED)),
            ("no address", None, Some(DECOMPOSED)),
            ("too short in NFC", Some("right@b.cd"), Some(&too_short)),
            ("too long", Some("right@b.cd"), Some(&too_long)),
            ("too long in NFC", Some("right@b.cd"), Some(&too_long_in_nfc)),
        ],
    );
    for (name, password) in [("right", "long enough"), ("theirs", DECOMPOSED)] {
        let login = "SELECT * FROM todo_authenticate($1 || '@b.cd', $2)";
        assert_eq!(client.query(login, &[&name, &password]).unwrap().len(), 1);
    }
}

/// Asserts that the medians of 50 interleaved calls of each kind differ by at most 5 %. The time is that of the backend on the processor,
/// because other tests run at the same time. The backend must wait for nothing except the next call.
fn alike(client: &mut Client, classes: &[(&str, Option<&str>, Option<&str>)]) {
    let login = client.prepare("SELECT * FROM todo_authenticate($1, $2)").unwrap();
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let mut medians = || -> Vec<Duration> {
        let mut calls = vec![(Vec::new(), Vec::new()); classes.len()];
        for _ in 0..50 {
            for ((_, email, password), (times, waits)) in classes.iter().zip(&mut calls) {
                let (time, waited) = (time_on_processors(backend), waits_of(backend));
                assert!(client.query(&login, &[email, password]).unwrap().is_empty());
                times.push(time_on_processors(backend) - time);
                waits.push(waits_of(backend) - waited);
            }
        }
        let waits: Vec<u64> = calls.iter_mut().map(|(_, waits)| median(waits)).collect();
        assert!(waits.iter().all(|&waits| waits <= 1), "{waits:?}");
        calls.iter_mut().map(|(times, _)| median(times)).collect()
    };
    // A real difference shows in each try. One that a busy machine causes does not.
    let mut tries = (0..3).map(|_| medians()).map(|times| {
        let (fastest, slowest) = (times.iter().min().unwrap(), times.iter().max().unwrap());
        println!("{:?}", classes.iter().map(|class| class.0).zip(&times).collect::<Vec<_>>());
        slowest.as_secs_f64() <= fastest.as_secs_f64() * 1.05
    });
    assert!(tries.any(|alike| alike), "within 5 %");
}

fn median<T: Ord + Copy>(values: &mut [T]) -> T {
    values.sort();
    values[values.len() / 2]
}

/// How often a process has waited for something so far.
fn waits_of(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let waits =
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).expect("Linux counts them");
    waits.trim().parse().unwrap()
}

/// How long a process has run so far.
fn time_on_processors(pid: i32) -> Duration {
    let statistics = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn a_timeout_ends_a_login() {
    let mut database = Database::new();
    let mut limited = database.connect();
    limited.batch_execute("SET todo.bcrypt_cost = 12; SET statement_timeout = '20ms'").unwrap();
    for call in [
        "todo_authenticate('nobody@b.cd', 'long enough')",
        "todo_create_user('ada@example.com', 'Ada', 'long enough')",
        "todo_hash_password('long enough')",
        "todo_check_password('long enough', '!')",
    ] {
        assert_eq!(Failure::of(limited.query(&format!("SELECT * FROM {call}"), &[])).code, "57014", "{call}");
    }
    let users: i64 = database.client.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
    assert_eq!(users, 0);
}

/// Nobody waits for four logins that compute and renew a hash: neither for the user's row, which the foreign key of a new task locks, nor
/// for the user's tasks.
#[test]
fn logins_block_nobody() {
    let mut database = Database::new();
    let user = create_user(&mut database.client, "long enough");
    database.client.query("SELECT todo_create_task($1, 'x')", &[&user]).unwrap();
    database.set_cost(13);
    let mut clients: Vec<Client> = (0..4).map(|_| database.connect()).collect();
    // Waiting for a login would mean waiting for its hash, which takes much longer.
    let mut limited = database.connect();
    limited.batch_execute("SET lock_timeout = '50ms'").unwrap();
    let steps = std::thread::scope(|scope| {
        let login = |client| scope.spawn(move || assert!(logs_in(client, "long enough")));
        let logins: Vec<_> = clients.iter_mut().map(login).collect();
        let mut steps = 0;
        while !logins.iter().all(|login| login.is_finished()) {
            limited.query("SELECT todo_toggle_task(1, $1)", &[&user]).unwrap();
            limited.query("SELECT todo_create_task($1, 'y')", &[&user]).unwrap();
            steps += 1;
        }
        steps
    });
    assert!(steps > 10, "{steps} steps while four logins hashed");
    assert!(stored_hash(&mut database.client).starts_with("$2b$13$"), "renewed");
}

/// The stored hash is replaced while a password is being changed. If a login has renewed it, the change succeeds. If the password was
/// changed, the given current password is no longer right.
#[test]
fn a_hash_replaced_during_a_change_of_the_password() {
    let mut database = Database::new();
    let mut other = database.connect();
    let mut changing = database.connect();
    let client = &mut database.client;
    for session in [&mut *client, &mut other, &mut changing] {
        set_cost(session, 4);
    }
    let user = create_user(client, "long enough");
    set_cost(client, 5);
    for (replacement, changed) in [("long enough", true), ("battery staple", false)] {
        let reset = hash(client, "long enough").unwrap();
        client.query("SELECT todo_set_password_hash($1, $2)", &[&user, &reset]).unwrap();
        let replacement = hash(client, replacement).unwrap();
        other.batch_execute("BEGIN").unwrap();
        other.query("SELECT todo_set_password_hash($1, $2)", &[&user, &replacement]).unwrap();
        let answer: bool = std::thread::scope(|scope| {
            let change = scope.spawn(|| {
                let query = "SELECT todo_change_password($1, 'long enough', 'correct horse')";
                changing.query_one(query, &[&user]).unwrap().get(0)
            });
            let waiting =
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%todo_change_password%'
                           AND datname = current_database() AND pid <> pg_backend_pid()";
            while client.query(waiting, &[]).unwrap().is_empty() {
                assert!(!change.is_finished(), "the change waits for the row");
            }
            other.batch_execute("COMMIT").unwrap();
            change.join().unwrap()
        });
        assert_eq!(answer, changed);
        assert_eq!(logs_in(client, "correct horse"), changed);
        assert_eq!(logs_in(client, "battery staple"), !changed);
    }
}

/// A password that is locked while a login hashes it lets nobody in.
#[test]
fn a_password_locked_during_a_login_lets_nobody_in() {
    let mut database = Database::new();
    let mut login = database.connect();
    let client = &mut database.client;
    // The login must still compute this hash when the password has been locked.
    set_cost(client, 14);
    let user = create_user(client, "long enough");
    let logged_in = std::thread::scope(|scope| {
        let login = scope.spawn(|| logs_in(&mut login, "long enough"));
        let active = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%todo_authenticate%'
                      AND datname = current_database() AND pid <> pg_backend_pid()";
        while client.query(active, &[]).unwrap().is_empty() {
            assert!(!login.is_finished(), "the login was seen at work");
        }
        client.query("SELECT todo_set_password_hash($1, '!')", &[&user]).unwrap();
        login.join().unwrap()
    });
    assert!(!logged_in);
}
