//! The task functions: what they return, in which order, and to whom.

use std::collections::BTreeSet;
use todo_tests::{Database, task, tasks};

#[test]
fn a_task_from_creation_to_deletion() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let created = task(client, "SELECT * FROM todo_create_task('u1', ' Buy milk ', 'two litres')", &[]);
    assert_eq!((created.id, created.user_id.as_str(), created.title.as_str()), (1, "u1", "Buy milk"));
    assert_eq!((created.description.as_deref(), created.completed), (Some("two litres"), false));
    assert_eq!(created.created_at, created.updated_at);
    let named = "SELECT * FROM todo_create_task(title => 'Named', user_id => 'u1')";
    assert_eq!(task(client, named, &[]).description, None);

    assert_eq!(task(client, "SELECT * FROM todo_get_task(1, 'u1')", &[]), created);
    assert_eq!(task(client, "SELECT * FROM todo_update_task(1, 'u1')", &[]), created, "NULLs keep");
    let updated = task(client, "SELECT * FROM todo_update_task(1, 'u1', 'Buy bread', 'one loaf')", &[]);
    assert_eq!((updated.title.as_str(), updated.description.as_deref()), ("Buy bread", Some("one loaf")));
    let toggled = task(client, "SELECT * FROM todo_toggle_task(1, 'u1')", &[]);
    assert!(toggled.completed && toggled.completed_at.is_some());
    let toggled = task(client, "SELECT * FROM todo_toggle_task(1, 'u1')", &[]);
    assert!(!toggled.completed && toggled.completed_at.is_none());
    assert_eq!(task(client, "SELECT * FROM todo_delete_task(1, 'u1')", &[]), toggled);
    assert_eq!(tasks(client, "SELECT * FROM todo_get_task(1, 'u1')", &[]), []);
    assert_eq!(tasks(client, "SELECT * FROM todo_delete_task(1, 'u1')", &[]), []);
}

#[test]
fn bulk_functions_return_what_they_changed() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed)
             SELECT CASE WHEN i <= 3000 THEN 'u1' ELSE 'u2' END, 'Task ' || i, i % 3 = 0 FROM generate_series(1, 3100) AS i",
        )
        .unwrap();
    let mut counts = |user: &str| {
        let row = client.query_one("SELECT * FROM todo_task_counts($1)", &[&user]).unwrap();
        ["total", "pending", "completed"].map(|column| row.get::<_, i64>(column))
    };
    assert_eq!(counts("u1"), [3000, 2000, 1000]);
    let others = counts("u2");
    assert_eq!(counts("nobody"), [0, 0, 0]);

    let changed = tasks(client, "SELECT * FROM todo_complete_all('u1')", &[]);
    assert_eq!(changed.len(), 2000);
    assert!(changed.iter().all(|t| t.completed && t.completed_at == Some(t.updated_at) && t.user_id == "u1"));
    assert_eq!(changed.iter().map(|t| t.id).collect::<BTreeSet<_>>().len(), 2000);
    assert_eq!(tasks(client, "SELECT * FROM todo_complete_all('u1')", &[]), []);
    let reopened = tasks(client, "SELECT * FROM todo_complete_all('u1', completed => false)", &[]);
    assert!(reopened.len() == 3000 && reopened.iter().all(|t| !t.completed && t.completed_at.is_none()));
    client.batch_execute("UPDATE tasks SET completed = true WHERE user_id = 'u1' AND id <= 10").unwrap();
    let deleted = tasks(client, "SELECT * FROM todo_clear_completed('u1')", &[]);
    assert_eq!(deleted.iter().map(|t| t.id).collect::<BTreeSet<_>>(), (1..=10).collect());
    assert_eq!(tasks(client, "SELECT * FROM todo_clear_completed('u1')", &[]), []);
    let row = client.query_one("SELECT * FROM todo_task_counts('u2')", &[]).unwrap();
    assert_eq!([0, 1, 2].map(|i| row.get::<_, i64>(i)), others, "another user's tasks are as they were");
}

#[test]
fn lists_are_ordered_also_when_times_are_equal() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    // One transaction, one time.
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed)
             SELECT 'u1', 'Task ' || i, i % 2 = 0 FROM generate_series(1, 1000) AS i;
             INSERT INTO tasks (user_id, title, created_at) VALUES ('u1', 'Oldest', '2020-01-01'), ('u1', 'Newest', '2099-01-01');
             INSERT INTO tasks (user_id, title, completed, completed_at) VALUES ('u1', 'Done first', true, '2020-01-01')",
        )
        .unwrap();
    for (function, count) in [("todo_list_tasks", 1003), ("todo_pending_tasks", 502), ("todo_completed_tasks", 501)] {
        let all = tasks(client, &format!("SELECT * FROM {function}('u1')"), &[]);
        assert_eq!(all.len(), count, "{function}");
        let by_completion = function == "todo_completed_tasks";
        let key = |t: &todo_tests::Task| (if by_completion { t.completed_at.unwrap() } else { t.created_at }, t.id);
        assert!(all.windows(2).all(|pair| key(&pair[0]) > key(&pair[1])), "{function}");
        let mut paged = Vec::new();
        for offset in (0..1100).step_by(37) {
            paged.extend(tasks(client, &format!("SELECT * FROM {function}('u1') LIMIT 37 OFFSET {offset}"), &[]));
        }
        assert_eq!(paged, all, "{function}: pages have no gap and no repeat");
    }
    let first = tasks(client, "SELECT * FROM todo_list_tasks('u1') LIMIT 1", &[]);
    assert_eq!(first[0].title, "Newest");
    let all = tasks(client, "SELECT * FROM todo_completed_tasks('u1')", &[]);
    assert_eq!(all.last().unwrap().title, "Done first");
}

/// For 10,000 random pairs of a user and a task, a function finds the task only if it belongs to the user, and changes no other one.
#[test]
fn nobody_reaches_another_users_task() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) SELECT i::text, i || '@b.cd', 'U' FROM generate_series(1, 20) AS i;
             INSERT INTO tasks (user_id, title) SELECT (i % 20 + 1)::text, 'Task' FROM generate_series(1, 400) AS i;
             CREATE TABLE pairs AS SELECT i, 1 + (random() * 419)::int AS task_id, (1 + (random() * 20)::int)::text AS user_id
             FROM generate_series(1, 10000) AS i",
        )
        .unwrap();
    for function in ["todo_get_task", "todo_update_task", "todo_toggle_task", "todo_complete_task"] {
        let row = client
            .query_one(
                &format!(
                    "SELECT count(*), count(*) FILTER (WHERE found.id IS NOT NULL),
                         count(*) FILTER (WHERE (found.id IS NOT NULL) <> (owned.id IS NOT NULL)),
                         count(*) FILTER (WHERE found.user_id <> pairs.user_id OR found.id <> pairs.task_id)
                     FROM pairs
                     LEFT JOIN LATERAL {function}(pairs.task_id, pairs.user_id) AS found ON true
                     LEFT JOIN tasks AS owned ON owned.id = pairs.task_id AND owned.user_id = pairs.user_id"
                ),
                &[],
            )
            .unwrap();
        let [pairs, found, wrong, others] = [0, 1, 2, 3].map(|i| row.get::<_, i64>(i));
        assert!((pairs, wrong, others) == (10_000, 0, 0) && found > 100, "{function}: {found} {wrong} {others}");
    }
    // One pair at a time: a deleted task must be gone for the next pair.
    let pairs = client.query("SELECT task_id::bigint, user_id FROM pairs", &[]).unwrap();
    let owner = |id: i64| if id <= 400 { (id % 20 + 1).to_string() } else { String::new() };
    let mut left: BTreeSet<i64> = (1..=400).collect();
    for pair in &pairs {
        let (id, user): (i64, &str) = (pair.get(0), pair.get(1));
        let deleted = tasks(client, "SELECT * FROM todo_delete_task($1, $2)", &[&id, &user]);
        assert_eq!(deleted.len() == 1, owner(id) == user && left.remove(&id), "task {id} by user {user}");
    }
    let rest: i64 = client.query_one("SELECT count(*) FROM tasks", &[]).unwrap().get(0);
    assert_eq!(rest as usize, left.len());
}

#[test]
fn functions_work_wherever_a_set_may_stand() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("INSERT INTO tasks (user_id, title) SELECT 'u1', 'Task' FROM generate_series(1, 5)").unwrap();
    let mut count =
        |query: &str| client.query_one(query, &[]).unwrap_or_else(|e| panic!("{query}: {e}")).get::<_, i64>(0);
    assert_eq!(count("SELECT count(*) FROM (SELECT todo_toggle_task(id, 'u1') FROM tasks) AS t"), 5);
    assert_eq!(count("SELECT count(*) FROM (SELECT (todo_toggle_task(id, 'u1')).* FROM tasks WHERE id = 1) AS t"), 1);
    assert_eq!(count("SELECT count(*) FROM tasks, todo_get_task(tasks.id, 'u1')"), 5);
    assert_eq!(count("WITH t AS (SELECT * FROM todo_complete_all('u1', false)) SELECT count(*) FROM t"), 4);
    assert_eq!(count("SELECT count(*) FROM ROWS FROM (todo_list_tasks('u1'), todo_complete_all('u1')) AS t"), 5);
    client
        .batch_execute(
            "DO $$ DECLARE t tasks; n int := 0; BEGIN
                 FOR t IN SELECT * FROM todo_list_tasks('u1') LOOP
                     SELECT * INTO STRICT t FROM todo_toggle_task(t.id, t.user_id);
                     n := n + 1;
                 END LOOP;
                 ASSERT n = 5 AND NOT t.completed;
                 BEGIN
                     PERFORM todo_create_task('nobody', 'x');
                     ASSERT false;
                 EXCEPTION WHEN foreign_key_violation THEN NULL;
                 END;
                 PERFORM todo_create_task('u1', 'after an error');
             END $$",
        )
        .unwrap();
    let named: i64 = client.query_one("SELECT count(*) FROM tasks WHERE title = 'after an error'", &[]).unwrap().get(0);
    assert_eq!(named, 1);
}
