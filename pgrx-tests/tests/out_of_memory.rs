//! A backend that gets no more memory, at whatever place, reports one error and goes on.

use std::collections::BTreeSet;
use todo_tests::server::limit_memory;
use todo_tests::{Database, Failure, strings};

/// Above the size from which malloc takes memory from the system, and gives it back, for each text.
const LENGTH: usize = 33 << 20;

/// Each text is copied several times. One copy needs several of these steps.
const STEP: u64 = (LENGTH / 3) as u64;
const STEPS: u64 = 15;

/// Calls with a text that is too long for every column. It is in a table, so the server copies it for the call.
const CALLS: [&str; 14] = [
    "SELECT todo_hash_password(v) FROM long",
    "SELECT todo_check_password(v, '!') FROM long",
    "SELECT todo_check_password('long enough', v) FROM long",
    "SELECT todo_authenticate('a@b.cd', v) FROM long",
    "SELECT todo_authenticate(v, 'long enough') FROM long",
    "SELECT todo_create_user(v, 'N', 'long enough') FROM long",
    "SELECT todo_create_user('n@b.cd', v, 'long enough') FROM long",
    "SELECT todo_set_password_hash('u1', v) FROM long",
    "SELECT todo_update_user('u1', email => v) FROM long",
    "SELECT todo_create_task('u1', v) FROM long",
    "SELECT todo_create_task(v, 'x') FROM long",
    "SELECT todo_update_task(1, 'u1', title => v) FROM long",
    "SELECT todo_toggle_task(1, v) FROM long",
    "SELECT todo_grant(v) FROM long",
];

#[test]
fn a_backend_without_memory_goes_on() {
    let mut database = Database::with_users();
    // If a backend crashes, this session ends, too.
    let mut idle = database.connect();
    database.set_cost(4);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SELECT todo_create_task('u1', 'x'); CREATE TABLE long (v text); ALTER TABLE long ALTER v SET STORAGE EXTERNAL;
             INSERT INTO long VALUES (repeat('é', {}))",
            LENGTH / 2
        ))
        .unwrap();
    let pid = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let mut answers: BTreeSet<(&str, String)> = BTreeSet::new();
    for step in 0..STEPS {
        limit_memory(pid, step * STEP);
        for call in CALLS {
            let answer = client.execute(call, &[]).map_err(|error| Failure::from(&error).code);
            answers.insert((call, answer.err().unwrap_or_default()));
        }
    }
    for call in CALLS {
        let codes: Vec<&str> =
            answers.iter().filter(|(other, _)| *other == call).map(|(_, code)| code.as_str()).collect();
        // One code without enough memory, and one with enough.
        assert!(codes.len() == 2 && codes.contains(&"53200"), "{call}: {codes:?}");
        assert!(
            codes.iter().all(|code| ["", "22001", "23503", "23514", "42704", "53200"].contains(code)),
            "{call}: {codes:?}"
        );
    }
    assert_eq!(strings(client, "SELECT title FROM tasks"), ["x"]);
    assert_eq!(strings(&mut idle, "SELECT id FROM users ORDER BY id"), ["u1", "u2"]);
}
