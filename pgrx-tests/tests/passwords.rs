//! Hashing, verifying and logging in: limits, cost, timing, and other programs' hashes.

use postgres::Client;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use todo_tests::{Database, Failure, admin, said, server_log};

/// A password that no log line may show.
const CANARY: &str = "canary-Qx7v";
/// The specification's second sample hash: in shape, but no canonical base64.
const JANES_HASH: &str = "$2b$12$EqKcp1WFKs7ILHDI8t4qfe7fM0j8w1uV5tGVKqVXLqXLqXLqXLqXL";

fn set_cost(client: &mut Client, cost: u32) {
    client.batch_execute(&format!("SET todo.bcrypt_cost = {cost}")).unwrap();
}

fn hash(client: &mut Client, password: &str) -> Result<String, postgres::Error> {
    client.query_one("SELECT todo_hash_password($1)", &[&password]).map(|row| row.get(0))
}

fn check(client: &mut Client, password: Option<&str>, hash: Option<&str>) -> bool {
    client.query_one("SELECT todo_check_password($1, $2)", &[&password, &hash]).unwrap().get(0)
}

fn create_user(client: &mut Client, password: &str) -> String {
    let query = "SELECT id FROM todo_create_user('ada@example.com', 'Ada', $1)";
    client.query_one(query, &[&password]).unwrap().get(0)
}

fn stored_hash(client: &mut Client) -> String {
    client.query_one("SELECT hashed_password FROM users WHERE email = 'ada@example.com'", &[]).unwrap().get(0)
}

fn logs_in(client: &mut Client, password: &str) -> bool {
    let query = "SELECT * FROM todo_authenticate('ada@example.com', $1)";
    !client.query(query, &[&password]).unwrap().is_empty()
}

#[test]
fn eight_characters_to_72_bytes() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (password, code) in [
        ("x".repeat(7), Some("22023")),
        ("x".repeat(8), None),
        ("é".repeat(7), Some("22023")),
        ("é".repeat(8), None),
        ("x".repeat(71), None),
        ("x".repeat(72), None),
        ("x".repeat(73), Some("22001")),
        ("é".repeat(36), None),
        (format!("x{}", "é".repeat(36)), Some("22001")),
    ] {
        let result = hash(client, &password);
        match code {
            Some(code) => assert_eq!(Failure::of(result).fields(), (code, Some("hashed_password"), None)),
            None => {
                let hash = result.unwrap();
                assert!(check(client, Some(&password), Some(&hash)));
                // The last byte counts, up to the 72nd.
                let mut other = password.clone();
                other.pop();
                assert!(!check(client, Some(&format!("{other}!")), Some(&hash)), "{} bytes", password.len());
            }
        }
    }
    // bcrypt itself would read the first 72 bytes only.
    let hash = hash(client, &"x".repeat(72)).unwrap();
    assert!(!check(client, Some(&"x".repeat(73)), Some(&hash)));
}

/// A password in both forms that keyboards send: NFC and NFD.
const COMPOSED: &str = "pässwörd ガ 각";
const DECOMPOSED: &str = "pa\u{308}sswo\u{308}rd \u{30ab}\u{3099} \u{1100}\u{1161}\u{11a8}";

#[test]
fn the_form_of_a_password_does_not_matter() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (set, given) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (DECOMPOSED, DECOMPOSED)] {
        let hash = hash(client, set).unwrap();
        assert!(check(client, Some(given), Some(&hash)));
        assert!(is_theirs(COMPOSED, &hash), "the hash is that of the NFC");
        let user = create_user(client, set);
        let before = stored_hash(client);
        assert!(logs_in(client, given));
        assert!(!logs_in(client, &given.replace('p', "b")));
        assert_eq!(stored_hash(client), before, "no need to renew");
        let change = "SELECT todo_change_password($1, $2, $3)";
        let mut changed =
            |current: &str, new: &str| -> bool { client.query_one(change, &[&user, &current, &new]).unwrap().get(0) };
        assert!(!changed(&given.replace('p', "b"), given));
        assert!(changed(given, &set.replace('p', "n")) && changed(&given.replace('p', "n"), set));
        assert!(is_theirs(COMPOSED, &stored_hash(client)));
        client.execute("DELETE FROM users", &[]).unwrap();
    }
}

#[test]
fn todo_admin_hashes_the_nfc() {
    let mut database = Database::new();
    database.client.batch_execute(&format!("ALTER DATABASE {} SET todo.bcrypt_cost = 4", database.name)).unwrap();
    let mut client = database.connect();
    for (command, password) in [("add", DECOMPOSED), ("passwd", COMPOSED), ("passwd", DECOMPOSED)] {
        let mut run = admin(&database.name);
        run.args(["user", command, "ada@example.com", "--password-stdin"]);
        if command == "add" {
            run.args(["--name", "Ada"]);
        }
        let done = said(&mut run, password);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(is_theirs(COMPOSED, &stored_hash(&mut client)), "{command} {password}");
        assert!(logs_in(&mut client, COMPOSED) && logs_in(&mut client, DECOMPOSED));
    }
    // Eight characters as they come, seven of them in NFC.
    let mut run = admin(&database.name);
    let refused = said(run.args(["user", "passwd", "ada@example.com", "--password-stdin"]), "abcdefe\u{301}");
    assert!(refused.code == 1 && refused.err.contains("shorter than 8"), "{refused:?}");
}

/// Another program has hashed the password as it came.
#[test]
fn a_hash_of_another_form_matches_and_is_renewed() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let user = create_user(client, "long enough");
    let set = |client: &mut Client, password: &str| {
        let theirs = their_hash(password);
        client.query("SELECT todo_set_password_hash($1, $2)", &[&user, &theirs]).unwrap();
        theirs
    };
    let theirs = set(client, DECOMPOSED);
    assert!(check(client, Some(DECOMPOSED), Some(&theirs)));
    // Nothing but the given text and its NFC is tried.
    assert!(!check(client, Some(COMPOSED), Some(&theirs)));
    assert!(!logs_in(client, COMPOSED));
    assert!(logs_in(client, DECOMPOSED));
    let renewed = stored_hash(client);
    assert!(is_theirs(COMPOSED, &renewed), "renewed at the login");
    assert!(logs_in(client, COMPOSED) && logs_in(client, DECOMPOSED));
    assert_eq!(stored_hash(client), renewed, "once");

    let theirs = set(client, DECOMPOSED);
    let change = "SELECT todo_change_password($1, $2, $3)";
    assert!(client.query_one(change, &[&user, &DECOMPOSED, &"battery staple"]).unwrap().get::<_, bool>(0));
    assert_ne!(stored_hash(client), theirs);

    // What could not be hashed here, as its NFC is too short or too long, goes on to match as it is.
    for password in ["e\u{301}".repeat(4), "\u{958}".repeat(24)] {
        assert!(hash(client, &password).is_err());
        let theirs = set(client, &password);
        assert!(logs_in(client, &password) && check(client, Some(&password), Some(&theirs)));
        assert_eq!(stored_hash(client), theirs, "not renewed");
    }
}

#[test]
fn limits_count_the_nfc() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (password, code) in [
        ("e\u{301}".repeat(7), Some("22023")),
        ("e\u{301}".repeat(8), None),
        ("e\u{301}".repeat(36), None),
        ("e\u{301}".repeat(37), Some("22001")),
        ("\u{958}".repeat(12), None),
        ("\u{958}".repeat(13), Some("22001")),
        ("e\u{301}".repeat(30_000_000), Some("22001")),
    ] {
        let result = hash(client, &password);
        match code {
            Some(code) => assert_eq!(Failure::of(result).fields(), (code, Some("hashed_password"), None)),
            None => assert!(check(client, Some(&password), Some(&result.unwrap())), "{} bytes", password.len()),
        }
    }
}

#[test]
fn hashes_are_2b_at_the_set_cost_and_salted() {
    let mut database = Database::new();
    let client = &mut database.client;
    assert!(hash(client, "long enough").unwrap().starts_with("$2b$12$"), "the default");
    for cost in [4, 5, 6] {
        set_cost(client, cost);
        let hashes = [hash(client, "long enough").unwrap(), hash(client, "long enough").unwrap()];
        assert!(hashes.iter().all(|hash| hash.starts_with(&format!("$2b$0{cost}$")) && hash.len() == 60));
        assert_ne!(hashes[0], hashes[1]);
    }
    for cost in [3, 16] {
        let failure = Failure::of(client.batch_execute(&format!("SET todo.bcrypt_cost = {cost}")));
        assert_eq!(failure.code, "22023", "cost {cost}");
    }
}

#[test]
fn every_version_is_verified_and_nothing_else_matches() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let hash = hash(client, "long enough").unwrap();
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = hash.replace("$2b$", version);
        assert!(check(client, Some("long enough"), Some(&hash)), "{version}");
        assert!(!check(client, Some("long enougH"), Some(&hash)), "{version}");
    }
    for other in [
        None,
        Some("!"),
        Some(""),
        Some("long enough"),
        Some(JANES_HASH),
        Some(&*hash.replace("$2b$", "$2x$")),
        Some(&hash[..59]),
        Some(&*format!("{hash}x")),
        Some(&*hash.replace("$04$", "$03$")),
        Some(&*hash.replace("$04$", "$16$")),
        Some("$1$salt$qJH7.N4xYta3aEG/dfqo/0"),
    ] {
        assert!(!check(client, Some("long enough"), other), "{other:?}");
    }
    assert!(!check(client, None, Some(&hash)));
    assert!(!check(client, None, None));
}

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

    // Somebody else has the row: the login does not wait, and the hash is renewed another time.
    other.batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE").unwrap();
    client.batch_execute("SET statement_timeout = '5s'").unwrap();
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), first, "a locked row");
    other.batch_execute("COMMIT; BEGIN; LOCK TABLE users IN SHARE MODE").unwrap();
    assert!(logs_in(client, "long enough"));
    assert_eq!(stored_hash(client), first, "a locked table");
    other.batch_execute("COMMIT").unwrap();

    // With one snapshot for the transaction, replacing what others have replaced would fail.
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

/// Only a superuser sets the cost, also before the library is loaded, when PostgreSQL takes any such setting for now.
#[test]
fn only_a_superuser_sets_the_cost() {
    let mut database = Database::new();
    let role = format!("role_{}", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role}; SELECT todo_grant('{role}')")).unwrap();
    let mut fresh = database.connect();
    fresh.batch_execute(&format!("SET ROLE {role}; SET todo.bcrypt_cost = 4")).unwrap();
    assert!(hash(&mut fresh, "long enough").unwrap().starts_with("$2b$12$"), "set before the library is loaded");
    assert_eq!(Failure::of(fresh.batch_execute("SET todo.bcrypt_cost = 4")).code, "42501");
    fresh.batch_execute("RESET ROLE; SET todo.bcrypt_cost = 4").unwrap();
    assert!(hash(&mut fresh, "long enough").unwrap().starts_with("$2b$04$"));
    database.client.batch_execute(&format!("SELECT todo_revoke('{role}'); DROP ROLE {role}")).unwrap();
}

/// Whatever is wrong with a login takes the time of one hash, of two where the password is not given in NFC.
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

/// Logins that fail take the same time: medians of 50 interleaved calls within 15 %.
fn alike(client: &mut Client, classes: &[(&str, Option<&str>, Option<&str>)]) {
    let login = client.prepare("SELECT * FROM todo_authenticate($1, $2)").unwrap();
    let mut medians = || -> Vec<Duration> {
        let mut times = vec![Vec::new(); classes.len()];
        for _ in 0..50 {
            for ((_, email, password), times) in classes.iter().zip(&mut times) {
                let start = Instant::now();
                assert!(client.query(&login, &[email, password]).unwrap().is_empty());
                times.push(start.elapsed());
            }
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort();
            times[times.len() / 2]
        };
        times.iter_mut().map(median).collect()
    };
    // A class that differs does so each time; a busy machine does not.
    let mut tries = (0..3).map(|_| medians()).map(|medians| {
        let (fastest, slowest) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        println!("{:?}", classes.iter().map(|class| class.0).zip(&medians).collect::<Vec<_>>());
        slowest.as_secs_f64() <= fastest.as_secs_f64() * 1.15
    });
    assert!(tries.any(|alike| alike), "medians within 15 %");
}

#[test]
fn a_timeout_ends_a_login() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("SET statement_timeout = '20ms'; SET todo.bcrypt_cost = 12").unwrap();
    for call in [
        "todo_authenticate('nobody@b.cd', 'long enough')",
        "todo_create_user('ada@example.com', 'Ada', 'long enough')",
        "todo_hash_password('long enough')",
        "todo_check_password('long enough', '!')",
    ] {
        assert_eq!(Failure::of(client.query(&format!("SELECT * FROM {call}"), &[])).code, "57014", "{call}");
    }
    let users: i64 = client.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
    assert_eq!(users, 0);
}

/// While four logins hash, and renew the hash, nobody waits for them: not for the user's row, which a new task's foreign
/// key locks, nor for the user's tasks.
#[test]
fn logins_block_nobody() {
    let mut database = Database::new();
    let user = create_user(&mut database.client, "long enough");
    database.client.query("SELECT todo_create_task($1, 'x')", &[&user]).unwrap();
    let settings = format!("ALTER DATABASE {} SET todo.bcrypt_cost = 13; SET lock_timeout = '1ms'", database.name);
    database.client.batch_execute(&settings).unwrap();
    let mut clients: Vec<Client> = (0..4).map(|_| database.connect()).collect();
    let client = &mut database.client;
    let steps = std::thread::scope(|scope| {
        let login = |client| scope.spawn(move || assert!(logs_in(client, "long enough")));
        let logins: Vec<_> = clients.iter_mut().map(login).collect();
        let mut steps = 0;
        while !logins.iter().all(|login| login.is_finished()) {
            client.query("SELECT todo_toggle_task(1, $1)", &[&user]).unwrap();
            client.query("SELECT todo_create_task($1, 'y')", &[&user]).unwrap();
            steps += 1;
        }
        steps
    });
    assert!(steps > 10, "{steps} steps while four logins hashed");
    assert!(stored_hash(client).starts_with("$2b$13$"), "renewed");
}

/// The stored hash is replaced while a password is being changed: by a login that renewed it, nothing is lost; by
/// another change of the password, the current one is no longer right.
#[test]
fn a_hash_replaced_meanwhile() {
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
fn locked_during_a_login() {
    let mut database = Database::new();
    let mut login = database.connect();
    let client = &mut database.client;
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

#[test]
fn a_password_that_cannot_be_stored() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let user = create_user(client, "long enough");
    let change = |client: &mut Client, current: &str| {
        let query = "SELECT todo_change_password($1, $2, 'battery staple')";
        client.query_one(query, &[&user, &current]).map(|row| row.get::<_, bool>(0))
    };
    client.batch_execute("BEGIN READ ONLY").unwrap();
    assert_eq!(Failure::of(change(client, "wrong enough")).code, "25006", "right or wrong");
    client.batch_execute("ROLLBACK").unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER veto BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION veto()",
        )
        .unwrap();
    assert_eq!(Failure::of(change(client, "long enough")).code, "55000");
    assert!(!change(client, "wrong enough").unwrap());
}

/// A bound password is in no error and no log line, whatever goes wrong.
#[test]
fn no_error_and_no_log_shows_a_password() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let id = create_user(client, "long enough");
    let long = CANARY.repeat(10);
    let mut failures = 0;
    for password in [&CANARY[..7], &long] {
        for query in [
            "SELECT todo_hash_password($1)",
            "SELECT todo_create_user('bob@example.com', 'Bob', $1)",
            "SELECT todo_change_password((SELECT id FROM todo_users), 'long enough', $1)",
        ] {
            let error = client.query(query, &[&password]).expect_err(query);
            assert!(!format!("{error:?}").contains(&CANARY[..7]), "{query}");
            failures += 1;
        }
    }
    let taken = client.query("SELECT todo_create_user('ADA@example.com', 'Ada', $1)", &[&CANARY]);
    assert!(!format!("{:?}", taken.unwrap_err()).contains(CANARY));
    let plain = client.execute("UPDATE users SET hashed_password = $1 WHERE id = $2", &[&CANARY, &id]);
    assert!(!format!("{:?}", plain.unwrap_err()).contains(CANARY));
    assert_eq!(failures, 6);
    let log = server_log();
    assert!(log.contains("password is shorter than 8 characters"), "the log has the errors");
    assert!(!log.contains(&CANARY[..7]));
}

/// Runs a program of the interop directory; its standard output.
fn run(program: &str, arguments: &[&str]) -> String {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    let program = if program == "python" { interop.join("../../target/python/bin/python") } else { program.into() };
    let output = Command::new(&program)
        .args(arguments)
        .current_dir(interop)
        .output()
        .unwrap_or_else(|e| panic!("{program:?}: {e}"));
    assert!(output.status.success(), "{program:?} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A hash of cost 4 of a password as it is, by Python's bcrypt.
fn their_hash(password: &str) -> String {
    run("python", &["python/password.py", "hash", password])
}

/// Whether a hash is that of a password as it is, to Python's bcrypt.
fn is_theirs(password: &str, hash: &str) -> bool {
    run("python", &["python/password.py", "check", password, hash]) == "true"
}

/// Hashes go to and come from Python's bcrypt and npm's bcryptjs.
#[test]
fn hashes_are_interchangeable_with_other_programs() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (program, script) in [("python", "python/password.py"), ("node", "node/password.mjs")] {
        for password in ["long enough", "пароль 密码 🔑", &"é".repeat(36), &"x".repeat(72)] {
            let ours = hash(client, password).unwrap();
            assert_eq!(run(program, &[script, "check", password, &ours]), "true", "{program} checks ours");
            assert_eq!(run(program, &[script, "check", "wrong enough", &ours]), "false", "{program} checks ours");
            let theirs = run(program, &[script, "hash", password]);
            assert!(check(client, Some(password), Some(&theirs)), "{program} made {theirs}");
            assert!(!check(client, Some("wrong enough"), Some(&theirs)));
        }
    }
}
