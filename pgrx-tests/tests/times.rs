//! `updated_at`, `completed_at` and `email_verified`: what the row triggers own.

use postgres::Client;
use todo_tests::{Database, Task, Timestamp, task};

const INSERT: &str = "INSERT INTO tasks (user_id, title, completed, completed_at, created_at, updated_at)";

/// A task of long ago, pending or completed.
fn old_task(client: &mut Client, completed: bool) -> Task {
    let values = format!(
        "{INSERT} VALUES ('u1', 'x', {completed}, CASE WHEN {completed} THEN timestamp '2020-01-02' END,
         '2020-01-01', '2020-01-03') RETURNING *"
    );
    task(client, &values, &[])
}

fn update(client: &mut Client, id: i32, set: &str) -> Task {
    task(client, &format!("UPDATE tasks SET {set} WHERE id = {id} RETURNING *"), &[])
}

fn at(client: &mut Client, time: &str) -> Timestamp {
    client.query_one(&format!("SELECT timestamp '{time}'"), &[]).unwrap().get(0)
}

#[test]
fn completed_at_is_set_and_cleared_with_completed() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let given = at(client, "2024-05-06 07:08:09.101112");

    let new = task(client, &format!("{INSERT} VALUES ('u1', 'x', true, NULL, DEFAULT, DEFAULT) RETURNING *"), &[]);
    assert_eq!(new.completed_at, Some(new.created_at), "set at INSERT");
    let new = task(
        client,
        &format!("{INSERT} VALUES ('u1', 'x', true, '2024-05-06 07:08:09.101112', DEFAULT, DEFAULT) RETURNING *"),
        &[],
    );
    assert_eq!(new.completed_at, Some(given), "a given time is kept at INSERT");
    let new = task(client, &format!("{INSERT} VALUES ('u1', 'x', false, now(), DEFAULT, DEFAULT) RETURNING *"), &[]);
    assert_eq!(new.completed_at, None, "a pending task has none");

    let pending = old_task(client, false);
    let done = update(client, pending.id, "completed = true");
    assert_eq!(done.completed_at, Some(done.updated_at), "set at UPDATE");
    assert!(done.updated_at > pending.updated_at);
    let kept = update(client, done.id, "completed_at = NULL");
    assert_eq!(kept.completed_at, done.completed_at, "cannot be cleared while completed");
    let moved = update(client, done.id, "completed_at = '2024-05-06 07:08:09.101112'");
    assert_eq!(moved.completed_at, Some(given), "can be moved while completed");
    let again = update(client, done.id, "completed = true");
    assert_eq!(again.completed_at, Some(given), "stays when completed again");
    let reopened = update(client, done.id, "completed = false");
    assert_eq!(reopened.completed_at, None, "cleared at UPDATE");
    let reopened = update(client, done.id, "completed_at = now()");
    assert_eq!((reopened.completed, reopened.completed_at), (false, None), "a pending task has none");
    let done = update(client, done.id, "completed = true, completed_at = '2024-05-06 07:08:09.101112'");
    assert_eq!(done.completed_at, Some(given), "a given time is kept at UPDATE");
}

#[test]
fn updated_at_moves_when_something_changes_unless_the_statement_sets_it() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let old = old_task(client, false);

    for nothing in ["title = title", "title = ' x '", "completed = false", "description = NULL", "completed_at = now()"]
    {
        assert_eq!(update(client, old.id, nothing), old, "{nothing}");
    }
    let mut last = old.updated_at;
    for something in ["title = 'y'", "description = ''", "description = repeat('é', 1000)", "completed = true"] {
        let updated_at = update(client, old.id, something).updated_at;
        assert!(updated_at > last, "{something}");
        last = updated_at;
    }
    // A long description is stored compressed: the same text again is no change.
    assert_eq!(update(client, old.id, "description = repeat('é', 1000)").updated_at, last);
    let given = at(client, "2021-01-01");
    assert_eq!(update(client, old.id, "title = 'z', updated_at = '2021-01-01'").updated_at, given);
    assert_eq!(update(client, old.id, "updated_at = '2021-01-01'").updated_at, given);

    client.batch_execute("UPDATE users SET updated_at = '2020-01-01'").unwrap();
    let row = client.query_one("UPDATE users SET name = ' A ' WHERE id = 'u1' RETURNING updated_at", &[]).unwrap();
    assert_eq!(row.get::<_, Timestamp>(0), at(client, "2020-01-01"));
    let row = client.query_one("UPDATE users SET name = 'B' WHERE id = 'u1' RETURNING updated_at", &[]).unwrap();
    assert!(row.get::<_, Timestamp>(0) > given);
}

#[test]
fn completing_what_is_completed_changes_nothing() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for completed in [true, false] {
        let old = old_task(client, completed);
        let call = format!("SELECT * FROM todo_complete_task({}, 'u1', {completed})", old.id);
        assert_eq!(task(client, &call, &[]), old);
        let call = format!("SELECT * FROM todo_complete_task({}, 'u1', completed => {})", old.id, !completed);
        let other = task(client, &call, &[]);
        assert_eq!((other.completed, other.completed_at.is_some()), (!completed, !completed));
        assert!(other.updated_at > old.updated_at);
    }
}

#[test]
fn another_address_is_not_verified() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let mut verified = |set: &str| -> bool {
        client.batch_execute("UPDATE users SET email = 'a@b.cd', email_verified = true WHERE id = 'u1'").unwrap();
        client.batch_execute("UPDATE users SET email_verified = true WHERE id = 'u1'").unwrap();
        client
            .query_one(&format!("UPDATE users SET {set} WHERE id = 'u1' RETURNING email_verified"), &[])
            .unwrap()
            .get(0)
    };
    assert!(verified("name = 'Other'"));
    assert!(verified("email = 'a@b.cd'"));
    assert!(verified("email = 'A@B.cd'"), "letter case is no other address");
    assert!(!verified("email = 'other@b.cd'"));
    assert!(!verified("email = 'other@b.cd', email_verified = true"));
    assert!(!verified("email = 'á@b.cd'"));
}
