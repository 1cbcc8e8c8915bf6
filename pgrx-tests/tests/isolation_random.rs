//! Random statements of two roles with a thousand users: an isolated role reads and changes the rows of its current user alone. What that
//! must be is computed by the owner, with a WHERE.

use postgres::{Client, SimpleQueryMessage, Transaction};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use todo_tests::isolated::rows_of_others;
use todo_tests::{Database, strings};

const USERS: u32 = 1000;
/// In as many transactions of some statements each.
const TRANSACTIONS: u32 = 500;
const STATEMENTS: usize = 20;
const STATEMENT_KINDS: usize = 32;

/// A statement that returns the user of each row that it reads or changes, as its only column.
fn statement() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("true".to_owned()),
        (0..USERS).prop_map(|u| format!("t.user_id = 'u{u}'")),
        (0..USERS).prop_map(|u| format!("t.user_id > 'u{u}'")),
        (1..10_000u32).prop_map(|id| format!("t.id < {id}")),
        (1..10_000u32).prop_map(|id| format!("t.id = {id}")),
        (1..10_000u32).prop_map(|id| format!("t.id IN ({id}, {}, {})", id + 1000, id + 3000)),
        Just("t.title LIKE '%7%'".to_owned()),
        Just("t.user_id <> todo_current_user_id()".to_owned()),
        Just("(t.completed OR t.id % 3 = 0)".to_owned()),
        Just("EXISTS (SELECT FROM tasks AS o WHERE o.user_id <> t.user_id)".to_owned()),
    ];
    (condition, 1..10_000u32, 0..USERS, 0..STATEMENT_KINDS).prop_map(|(condition, id, user, kind)| {
        let own = id % USERS;
        let statements: [String; STATEMENT_KINDS] = [
            format!("SELECT t.user_id FROM tasks AS t WHERE {condition}"),
            format!("SELECT t.user_id FROM tasks AS t WHERE {condition} ORDER BY t.created_at DESC LIMIT 20"),
            format!("SELECT t.user_id FROM tasks AS t WHERE {condition} FOR UPDATE"),
            format!("SELECT u.id FROM todo_users AS u JOIN tasks AS t ON t.user_id = u.id WHERE {condition}"),
            format!("SELECT t.user_id FROM app.readers AS t WHERE {condition}"),
            format!("WITH t AS MATERIALIZED (SELECT * FROM tasks) SELECT t.user_id FROM t WHERE {condition}"),
            format!(
                "SELECT (SELECT max(o.user_id) FROM tasks AS o WHERE o.id = t.id) FROM tasks AS t WHERE {condition}"
            ),
            format!("UPDATE tasks AS t SET completed = NOT completed WHERE {condition} RETURNING t.user_id"),
            format!(
                "UPDATE tasks AS t SET title = o.title FROM tasks AS o WHERE o.id = t.id + 1000 AND {condition}
                 RETURNING t.user_id"
            ),
            format!("DELETE FROM tasks AS t WHERE {condition} AND t.id % 5 = 0 RETURNING t.user_id"),
            format!(
                "INSERT INTO tasks (user_id, title) SELECT t.user_id, t.title FROM tasks AS t WHERE {condition}
                 RETURNING user_id"
            ),
            format!(
                "INSERT INTO tasks (id, user_id, title) VALUES ({id}, todo_current_user_id(), 'x')
                 ON CONFLICT (id) DO UPDATE SET title = 'upserted' RETURNING user_id"
            ),
            format!("INSERT INTO tasks (user_id, title) VALUES ('u{user}', 'x') RETURNING user_id"),
            format!("UPDATE tasks AS t SET user_id = 'u{user}' WHERE {condition} RETURNING t.user_id"),
            format!("SELECT user_id FROM todo_list_tasks('u{user}')"),
            "SELECT user_id FROM todo_list_tasks()".to_owned(),
            format!("SELECT user_id FROM todo_filter_tasks('u{user}', completed => false)"),
            "SELECT user_id FROM todo_filter_tasks(search => 'task')".to_owned(),
            format!("SELECT user_id FROM todo_toggle_task({id}, 'u{own}')"),
            format!("SELECT user_id FROM todo_toggle_task({id})"),
            format!("SELECT user_id FROM todo_delete_task({id}, 'u{own}')"),
            format!("SELECT user_id FROM todo_complete_all('u{user}')"),
            "SELECT user_id FROM todo_complete_all(completed => false)".to_owned(),
            format!("SELECT id FROM todo_update_user('u{user}', name => 'Changed')"),
            "SELECT id FROM todo_update_user(name => 'Changed')".to_owned(),
            format!("SELECT id FROM todo_find_user('{user}@example.com')"),
            format!("EXECUTE by_id({id})"),
            "EXECUTE own".to_owned(),
            format!(
                "DECLARE c CURSOR FOR SELECT t.user_id FROM tasks AS t WHERE {condition}; FETCH 5 FROM c; FETCH ALL FROM c; CLOSE c"
            ),
            format!("SELECT user_id FROM app.search('{id}')"),
            "SELECT user_id FROM app.search('k')".to_owned(),
            "MERGE INTO tasks AS t USING (SELECT generate_series(1, 10000, 7) AS id) AS s ON t.id = s.id
                 WHEN MATCHED THEN UPDATE SET title = 'merged'"
                .to_owned(),
        ];
        statements[kind].clone()
    })
}

fn filled() -> (Database, [String; 2]) {
    let mut database = Database::new();
    let roles = [database.role("first"), database.role("second")];
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@example.com', 'N' FROM generate_series(0, {USERS} - 1) AS i;
             INSERT INTO tasks (user_id, title, completed) SELECT 'u' || i % {USERS}, 'Task ' || i, i % 2 = 0 FROM generate_series(1, 10000) AS i;
             CREATE SCHEMA app;
             CREATE VIEW app.readers WITH (security_invoker = true) AS SELECT t.* FROM todo_users AS u JOIN tasks AS t ON t.user_id = u.id;
             CREATE FUNCTION app.search(text) RETURNS SETOF public.tasks LANGUAGE sql AS $$ SELECT * FROM public.tasks WHERE title LIKE '%' || $1 || '%' $$;
             SELECT todo_grant('{0}', 'isolated'); SELECT todo_grant('{1}', 'isolated');
             GRANT USAGE ON SCHEMA app TO {0}, {1}; GRANT SELECT ON app.readers TO {0}, {1}; ANALYZE",
            roles[0], roles[1]
        ))
        .unwrap();
    (database, roles)
}

/// The ids that a statement returns; none where it fails, as with the id of another user's task.
fn found(transaction: &mut Transaction, statement: &str) -> Vec<String> {
    let mut savepoint = transaction.savepoint("statement").unwrap();
    match savepoint.simple_query(statement) {
        Ok(messages) => {
            savepoint.commit().unwrap();
            messages
                .into_iter()
                .filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                    _ => None,
                })
                .collect()
        }
        Err(error) => {
            let code = error.as_db_error().unwrap_or_else(|| panic!("{statement}: {error}")).code().code().to_owned();
            savepoint.rollback().unwrap();
            assert!(["42501", "23505"].contains(&code.as_str()), "{statement}: {error:?}");
            vec![]
        }
    }
}

#[test]
fn no_row_of_another_user_is_read_or_changed() {
    let (database, roles) = filled();
    let sessions: Vec<RefCell<Client>> = roles
        .iter()
        .map(|role| {
            let mut client = database.connect_as(role);
            client.batch_execute("PREPARE by_id(integer) AS SELECT user_id FROM tasks WHERE id = $1; PREPARE own AS SELECT user_id FROM tasks").unwrap();
            RefCell::new(client)
        })
        .collect();
    let owner = RefCell::new(database.connect());
    let read = RefCell::new((0, 0));
    let config = Config { cases: TRANSACTIONS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let plan = (0..2usize, 0..USERS, prop::option::of(0..USERS), prop::collection::vec(statement(), STATEMENTS));
    runner
        .run(&plan, |(session, user, second, statements)| {
            let mut client = sessions[session].borrow_mut();
            let before = rows_of_others(&mut owner.borrow_mut(), Some(&format!("u{user}")));
            let mut transaction = client.transaction().unwrap();
            let mut current = format!("u{user}");
            transaction.execute("SELECT set_config('todo.user_id', $1, true)", &[&current]).unwrap();
            for (place, statement) in statements.iter().enumerate() {
                // In the middle, another user for a while: that ends with the savepoint.
                if let Some(second) = second.filter(|_| place == STATEMENTS / 2) {
                    let mut savepoint = transaction.savepoint("other").unwrap();
                    current = format!("u{second}");
                    savepoint.execute("SELECT set_config('todo.user_id', $1, true)", &[&current]).unwrap();
                    let ids = found(&mut savepoint, statement);
                    prop_assert!(ids.iter().all(|id| *id == current), "{} as {}: {:?}", statement, current, ids);
                    savepoint.rollback().unwrap();
                    current = format!("u{user}");
                }
                let ids = found(&mut transaction, statement);
                prop_assert!(ids.iter().all(|id| *id == current), "{} as {}: {:?}", statement, current, ids);
                let mut read = read.borrow_mut();
                *read = (read.0 + 1, read.1 + usize::from(!ids.is_empty()));
            }
            transaction.commit().unwrap();
            prop_assert_eq!(
                rows_of_others(&mut owner.borrow_mut(), Some(&format!("u{user}"))),
                before,
                "{:?} as u{}",
                statements,
                user
            );
            Ok(())
        })
        .unwrap();
    // The statements are not all in vain.
    let (all, with_rows) = *read.borrow();
    assert!(all >= 10_000 && with_rows * 4 > all, "{with_rows} of {all} statements found something");
    for session in sessions {
        assert_eq!(strings(&mut session.into_inner(), "SELECT id FROM todo_users"), [""; 0]);
    }
}
