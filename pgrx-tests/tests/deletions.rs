//! A user is deleted while other transactions add and change the user's tasks, in all orders. They get 23503 or no rows, never a deadlock.

use todo_tests::interleaving::{Outcome, Sessions, orders};
use todo_tests::{Database, Failure, strings};

/// Statements on user `u1`, whose only task is 1: one that deletes the user, one that adds a task, and one that changes the task.
const WAYS: [[&str; 3]; 6] = [
    ["SELECT todo_delete_user('u1')", "SELECT todo_create_task('u1', 'new')", "SELECT todo_toggle_task(1, 'u1')"],
    [
        "DELETE FROM users WHERE id = 'u1' RETURNING id",
        "INSERT INTO tasks (user_id, title) VALUES ('u1', 'new') RETURNING id",
        "UPDATE tasks SET completed = NOT completed WHERE id = 1 RETURNING id",
    ],
    [
        "SELECT todo_delete_user('u1')",
        "SELECT todo_create_tasks('u1', '[{\"title\": \"new\"}]')",
        "SELECT todo_complete_all('u1')",
    ],
    [
        "DELETE FROM users WHERE id = 'u1' RETURNING id",
        "SELECT todo_create_task('u1', 'new')",
        "SELECT todo_update_task(1, 'u1', title => 'other')",
    ],
    [
        "SELECT todo_delete_user('u1')",
        "INSERT INTO tasks (user_id, title) VALUES ('u1', 'new') RETURNING id",
        "SELECT todo_delete_task(1, 'u1')",
    ],
    [
        "DELETE FROM users WHERE id = 'u1' RETURNING id",
        "SELECT todo_create_tasks('u1', '[{\"title\": \"new\"}]')",
        "SELECT todo_complete_task(1, 'u1')",
    ],
];

/// How the transactions end: all of them take effect, or one of them does not.
const ENDS: [[&str; 3]; 3] =
    [["COMMIT", "COMMIT", "COMMIT"], ["ROLLBACK", "COMMIT", "COMMIT"], ["COMMIT", "ROLLBACK", "COMMIT"]];

const DELETION: usize = 0;
const ADDITION: usize = 1;
const CHANGE: usize = 2;

#[test]
fn in_all_orders() {
    let mut database = Database::new();
    let prepare =
        "INSERT INTO users (id, email, name) VALUES ('u2', 'b@b.cd', 'B'); ALTER SEQUENCE tasks_id_seq RESTART 1000";
    database.client.batch_execute(prepare).unwrap();
    let mut sessions = Sessions::new(&database, 3);
    // BEGIN is no step of its own, because only the statement after it takes a snapshot and a lock.
    let orders = orders(&[2, 2, 2]);
    assert_eq!(orders.len(), 90);
    let (mut waits, mut refusals, mut nothing) = (0, 0, 0);
    // The first two ways with all ends, and the others with the first end.
    let combinations = WAYS.iter().enumerate().flat_map(|(i, ways)| {
        let ends = if i < 2 { &ENDS[..] } else { &ENDS[..1] };
        ends.iter().map(move |ends| (ways, ends))
    });
    for (ways, ends) in combinations {
        let acts = ways.map(|way| format!("BEGIN; {way}"));
        let steps: Vec<Vec<&str>> = acts.iter().zip(ends).map(|(act, &end)| vec![act.as_str(), end]).collect();
        for order in &orders {
            let client = &mut database.client;
            client
                .batch_execute(
                    "DELETE FROM tasks; INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A') ON CONFLICT DO NOTHING;
                     INSERT INTO tasks (id, user_id, title) VALUES (1, 'u1', 'old'), (2, 'u2', 'other')",
                )
                .unwrap();
            let users = "SELECT concat_ws(' ', ctid, xmin, u) FROM users AS u ORDER BY id";
            let before = strings(client, users);
            let outcomes = sessions.run(&steps, order);
            let label = format!("{steps:?} in the order {order:?}: {outcomes:?}");
            judge(ends, order, &outcomes, &label);

            let is_deleted = ends[DELETION] == "COMMIT";
            let is_added = ends[ADDITION] == "COMMIT" && outcomes[ADDITION][0].answer.is_ok();
            let mut tasks = if is_deleted { vec![] } else { vec!["u1 new", "u1 old"] };
            tasks.retain(|&task| is_added || task != "u1 new");
            tasks.retain(|&task| !ways[CHANGE].contains("todo_delete_task") || task != "u1 old");
            let titles = "SELECT format('%s %s', user_id, replace(title, 'other', 'old')) FROM tasks ORDER BY 1";
            assert_eq!(strings(client, titles), [tasks, vec!["u2 old"]].concat(), "{label}");
            // Statements on tasks do not write users.
            assert_eq!(strings(client, users), before[usize::from(is_deleted)..], "{label}");

            waits += outcomes.iter().flatten().filter(|outcome| outcome.waited).count();
            refusals += usize::from(outcomes[ADDITION][0].answer.is_err());
            nothing += usize::from(outcomes[CHANGE][0].answer == Ok(0));
        }
    }
    sessions.end();
    assert!(waits > 500 && refusals > 200 && nothing > 200, "{waits} waits, {refusals} times 23503, {nothing} no rows");
}

/// Asserts that the three statements have got the right answers.
fn judge(ends: &[&str; 3], order: &[usize], outcomes: &[Vec<Outcome>], label: &str) {
    let is_deleted = ends[DELETION] == "COMMIT";
    let begins = |session| order.iter().position(|&other| other == session).unwrap();
    let deletion_ends = order.iter().rposition(|&session| session == DELETION).unwrap();
    let answer = |session: usize| outcomes[session][0].answer.clone();
    assert_eq!(answer(DELETION), Ok(1), "{label}");
    let refused = Err("23503".to_owned());
    for (session, too_late) in [(ADDITION, &refused), (CHANGE, &Ok(0))] {
        let is_early = !is_deleted || begins(session) < begins(DELETION);
        let is_late = is_deleted && begins(session) > deletion_ends && !outcomes[DELETION][0].waited;
        // While the deletion waits for one session, the other one may still come first.
        if is_early || answer(session) != *too_late {
            assert!(!is_late && answer(session).is_ok_and(|count| count > 0), "{label}");
        }
    }
}

/// The deletion of a user with many tasks is one statement, which can be cancelled like any other. Then nothing has changed.
#[test]
fn a_long_deletion_can_be_cancelled() {
    let mut database = Database::with_users();
    let mut limited = database.connect();
    limited.batch_execute("SET statement_timeout = '20ms'").unwrap();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title) SELECT 'u1', 'Task ' || i FROM generate_series(1, 100000) AS i",
        )
        .unwrap();
    let rows = "SELECT concat(count(*), ' ', count(DISTINCT user_id), ' ', (SELECT count(*) FROM users)) FROM tasks";
    for deletion in [WAYS[0][DELETION], WAYS[1][DELETION]] {
        assert_eq!(Failure::of(limited.query(deletion, &[])).code, "57014", "{deletion}");
        assert_eq!(strings(client, rows), ["100000 1 2"], "{deletion}");
    }
    assert_eq!(client.query(WAYS[0][DELETION], &[]).unwrap().len(), 1);
    assert_eq!(strings(client, rows), ["0 0 1"]);
}
