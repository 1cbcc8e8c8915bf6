//! The columns that the row triggers set: `updated_at`, `completed_at` and `email_verified`.

use postgres::Client;
use todo_tests::{Database, Failure, Task, Timestamp, rows, task};

const INSERT: &str = "INSERT INTO tasks (user_id, title, completed, completed_at, created_at, updated_at)";

/// A pending or completed task with times of long ago.
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
    let given = at(client, "9000-01-01");
    assert_eq!(update(client, old.id, "title = 'z', updated_at = '9000-01-01'").updated_at, given);

    client.batch_execute("UPDATE users SET updated_at = '9000-01-01'").unwrap();
    let row = client.query_one("UPDATE users SET name = ' A ' WHERE id = 'u1' RETURNING updated_at", &[]).unwrap();
    assert_eq!(row.get::<_, Timestamp>(0), given);
    let row = client.query_one("UPDATE users SET name = 'B' WHERE id = 'u1' RETURNING updated_at", &[]).unwrap();
    assert_eq!(row.get::<_, Timestamp>(0), Timestamp(given.0 + 1));
}

#[test]
fn updated_at_never_goes_back() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("BEGIN").unwrap();
    let new = task(client, "SELECT * FROM todo_create_task('u1', 'x')", &[]);
    // Within a transaction, now() stays the same. Each change still gets a later time, and only changes do.
    let mut time = new.updated_at.0;
    for (set, steps) in [
        ("title = 'y'", 1),
        ("title = 'y'", 0),
        ("title = 'z', updated_at = now()", 1),
        ("completed = true, updated_at = '2020-01-01', completed_at = '2020-01-01'", 1),
        ("updated_at = '2020-01-01'", 1),
        ("updated_at = updated_at - interval '1 microsecond'", 1),
        ("updated_at = updated_at + interval '1 second'", 1_000_000),
        ("title = title", 0),
        ("completed = false", 1),
    ] {
        time += steps;
        assert_eq!(update(client, new.id, set).updated_at, Timestamp(time), "{set}");
    }
    client.batch_execute("COMMIT").unwrap();

    // No time comes after the largest one.
    let last = at(client, "9999-12-31 23:59:59.999999");
    let late = task(
        client,
        &format!("{INSERT} VALUES ('u1', 'x', false, NULL, '0001-01-01', '9999-12-31 23:59:59.999998') RETURNING *"),
        &[],
    );
    for title in ["y", "z"] {
        assert_eq!(update(client, late.id, &format!("title = '{title}'")).updated_at, last);
    }
    // A row that was written without the triggers does not keep its broken time.
    client
        .batch_execute(
            "ALTER TABLE tasks DISABLE TRIGGER zz_todo_before_row; SET session_replication_role = replica;
             UPDATE tasks SET updated_at = 'infinity'; UPDATE users SET updated_at = 'infinity', created_at = '20000-01-01';
             SET session_replication_role = origin; ALTER TABLE tasks ENABLE ALWAYS TRIGGER zz_todo_before_row",
        )
        .unwrap();
    assert!(update(client, new.id, "title = 'again'").updated_at < last);
    let user = "UPDATE users SET name = 'C' WHERE id = 'u1' RETURNING updated_at < '9999-01-01'";
    assert!(client.query_one(user, &[]).unwrap().get::<_, bool>(0));
}

#[test]
fn completed_at_is_not_before_created_at_unless_given() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let future = at(client, "9000-01-01");
    let new = task(client, &format!("{INSERT} VALUES ('u1', 'x', true, NULL, '9000-01-01', DEFAULT) RETURNING *"), &[]);
    assert_eq!(new.completed_at, Some(future), "set at INSERT");
    update(client, new.id, "completed = false");
    assert_eq!(update(client, new.id, "completed = true").completed_at, Some(future), "set at UPDATE");
    let given = update(client, new.id, "completed_at = '2020-01-01'");
    assert_eq!(given.completed_at, Some(at(client, "2020-01-01")), "given at UPDATE");
    let call = "SELECT * FROM todo_complete_task($1, 'u1')";
    assert_eq!(task(client, call, &[&i64::from(new.id)]).completed_at, given.completed_at, "stays");
    let given =
        task(client, &format!("{INSERT} VALUES ('u1', 'x', true, '2020-01-01', DEFAULT, DEFAULT) RETURNING *"), &[]);
    assert!(given.completed_at < Some(given.created_at), "given at INSERT");
}

/// A restore inserts rows that were stored before. They are stored as they are, whatever the order of their times.
#[test]
fn a_row_comes_back_as_it_was() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let times = ["0001-01-01", "2020-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"];
    for created_at in times {
        for updated_at in times {
            for completed_at in times {
                let values =
                    format!("{INSERT} VALUES ('u1', 'x', true, '{completed_at}', '{created_at}', '{updated_at}')");
                client.batch_execute(&values).unwrap();
            }
            let values = format!("{INSERT} VALUES ('u1', 'x', random() < 0.5, NULL, '{created_at}', '{updated_at}')");
            client.batch_execute(&values).unwrap();
            client.batch_execute("UPDATE tasks SET completed = NOT completed WHERE id % 2 = 0").unwrap();
        }
    }
    client
        .batch_execute(
            "UPDATE users SET updated_at = '9999-12-31 23:59:59.999999', created_at = '0001-01-01' WHERE id = 'u1'",
        )
        .unwrap();
    let before = rows(client);
    assert_eq!(before.len(), 2 + 36);
    client
        .batch_execute(
            "CREATE TEMPORARY TABLE kept_users AS TABLE users; CREATE TEMPORARY TABLE kept_tasks AS TABLE tasks; DELETE FROM users;
             INSERT INTO users TABLE kept_users; INSERT INTO tasks TABLE kept_tasks",
        )
        .unwrap();
    assert_eq!(rows(client), before);
    client
        .batch_execute("UPDATE users SET name = name; UPDATE tasks SET title = title, updated_at = updated_at")
        .unwrap();
    assert_eq!(rows(client), before);
}

/// Times outside these years are refused: many clients cannot read them, and some then lose the whole result.
#[test]
fn times_are_of_the_years_1_to_9999() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    old_task(client, true);
    let times = [
        ("tasks", "created_at"),
        ("tasks", "updated_at"),
        ("tasks", "completed_at"),
        ("users", "created_at"),
        ("users", "updated_at"),
    ];
    for (table, column) in times {
        let insert = match table {
            "tasks" if column == "completed_at" => {
                "INSERT INTO tasks (user_id, title, completed, completed_at) VALUES ('u1', 'x', true, $1::text::timestamp)".to_owned()
            }
            "tasks" => format!("INSERT INTO tasks (user_id, title, {column}) VALUES ('u1', 'x', $1::text::timestamp)"),
            _ => format!("INSERT INTO users (email, name, {column}) VALUES ('n@b.cd', 'N', $1::text::timestamp)"),
        };
        let update = format!("UPDATE {table} SET {column} = $1::text::timestamp");
        for statement in [insert, update] {
            for time in [
                "infinity",
                "-infinity",
                "0001-12-31 23:59:59.999999 BC",
                "10000-01-01",
                "294276-12-31",
                "4713-01-01 BC",
            ] {
                let mut transaction = client.transaction().unwrap();
                let failure = Failure::of(transaction.execute(&statement, &[&time]));
                assert_eq!(failure.fields(), ("23514", Some(column), None), "{statement} with {time}");
                assert_eq!((failure.table.as_deref(), failure.detail), (Some(table), None));
            }
            for time in ["0001-01-01", "9999-12-31 23:59:59.999999"] {
                let mut transaction = client.transaction().unwrap();
                let returning = format!("{statement} RETURNING {column} = $1::text::timestamp");
                let is_kept: bool = transaction.query(&returning, &[&time]).unwrap()[0].get(0);
                // An UPDATE does not take updated_at back.
                assert_eq!(
                    is_kept,
                    !(column == "updated_at" && statement.starts_with("UPDATE") && time.starts_with("0001")),
                    "{returning}"
                );
            }
        }
    }
    // completed_at of a pending task is not stored, so any time is accepted. A time that is stored already is not checked.
    let pending =
        task(client, &format!("{INSERT} VALUES ('u1', 'x', false, '2020-01-01', DEFAULT, DEFAULT) RETURNING *"), &[]);
    client.batch_execute("ALTER TABLE tasks DISABLE TRIGGER zz_todo_before_row; UPDATE tasks SET created_at = 'infinity'; ALTER TABLE tasks ENABLE ALWAYS TRIGGER zz_todo_before_row").unwrap();
    assert_eq!(update(client, pending.id, "title = 'y'").title, "y");
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
