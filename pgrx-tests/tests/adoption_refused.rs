//! Tables that do not fit are refused, and left as they were.

use todo_tests::{Database, Failure, Fields, TO_ADOPT, catalog, rows, strings};

#[test]
fn tables_of_another_shape_are_refused() {
    let users = ("users", TO_ADOPT[0].1);
    let cases: &[(&str, Fields)] = &[
        ("ALTER TABLE users ALTER email TYPE text", ("55000", Some("users"), Some("email"))),
        ("ALTER TABLE users ALTER name TYPE varchar(50)", ("55000", Some("users"), Some("name"))),
        ("ALTER TABLE users ALTER name TYPE varchar(100) COLLATE \"C\"", ("55000", Some("users"), Some("name"))),
        ("ALTER TABLE users ALTER created_at DROP NOT NULL", ("55000", Some("users"), Some("created_at"))),
        ("ALTER TABLE users DROP email_verified", ("55000", Some("users"), Some("email_verified"))),
        ("ALTER TABLE users RENAME is_active TO active", ("55000", Some("users"), Some("is_active"))),
        ("ALTER TABLE tasks ALTER updated_at TYPE date", ("55000", Some("tasks"), Some("updated_at"))),
        ("ALTER TABLE tasks ALTER id TYPE bigint", ("55000", Some("tasks"), Some("id"))),
        ("ALTER TABLE tasks DROP completed, ADD completed boolean", ("55000", Some("tasks"), Some("completed"))),
        (
            "ALTER TABLE tasks ALTER id DROP DEFAULT, ALTER id ADD GENERATED ALWAYS AS IDENTITY",
            ("55000", Some("tasks"), Some("id")),
        ),
        ("ALTER TABLE tasks ALTER id DROP DEFAULT", ("55000", Some("tasks"), Some("id"))),
        ("ALTER SEQUENCE tasks_id_seq CYCLE", ("55000", Some("tasks"), Some("id"))),
        (
            "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey, ADD PRIMARY KEY (id, user_id)",
            ("55000", Some("tasks"), Some("id")),
        ),
        ("ALTER TABLE users ADD image text, ADD phone text", ("55000", Some("users"), Some("image"))),
        ("ALTER TABLE tasks ADD due timestamp", ("55000", Some("tasks"), Some("due"))),
        ("ALTER TABLE tasks SET UNLOGGED", ("55000", Some("tasks"), None)),
        ("CREATE TABLE child () INHERITS (tasks)", ("55000", Some("tasks"), None)),
        ("ALTER TABLE tasks RENAME TO todos; CREATE VIEW tasks AS TABLE todos", ("55000", Some("tasks"), None)),
        ("DROP TABLE tasks", ("42P01", Some("tasks"), None)),
        ("DROP TABLE tasks, users", ("42P01", Some("users"), None)),
    ];
    for &(change, (code, table, column)) in cases {
        let mut database = Database::empty();
        let client = &mut database.client;
        client.batch_execute(users.1).unwrap();
        client.batch_execute(change).unwrap();
        let failure = Failure::of(client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'"));
        assert_eq!(
            (failure.code.as_str(), failure.table.as_deref(), failure.column.as_deref()),
            (code, table, column),
            "{change}"
        );
        assert_eq!(catalog(client), [""; 0], "{change}");
    }
}

/// Version 0.2.0 has no guard. What was changed in its tables is repaired by the update, or stops it.
#[test]
fn tables_that_changed_at_0_2_0() {
    let mut fresh = Database::new();
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo VERSION '0.2.0'").unwrap();
    let update = "ALTER EXTENSION todo UPDATE";
    for (change, back, column) in [
        ("ALTER TABLE users ADD image text", "ALTER TABLE users DROP image", "image"),
        ("ALTER TABLE tasks ALTER title TYPE text", "ALTER TABLE tasks ALTER title TYPE varchar(200)", "title"),
        (
            "ALTER TABLE tasks ALTER completed_at TYPE time",
            "ALTER TABLE tasks ALTER completed_at TYPE timestamp USING NULL",
            "completed_at",
        ),
    ] {
        client.batch_execute(change).unwrap();
        let failure = Failure::of(client.batch_execute(update));
        assert_eq!((failure.code.as_str(), failure.column.as_deref()), ("55000", Some(column)));
        client.batch_execute(back).unwrap();
    }
    client
        .batch_execute(
            "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey, ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users;
             ALTER TABLE users DROP CONSTRAINT users_email_key; DROP INDEX ix_users_email, ix_tasks_created_at; ALTER TABLE tasks ALTER completed DROP DEFAULT",
        )
        .unwrap();
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let in_snapshot = format!("BEGIN ISOLATION LEVEL {level}; {update}");
        assert_eq!(Failure::of(client.batch_execute(&in_snapshot)).code, "25001");
        client.batch_execute("ROLLBACK").unwrap();
    }
    client.batch_execute(update).unwrap();
    assert_eq!(catalog(client), catalog(&mut fresh.client));
}

#[test]
fn addresses_that_are_not_unique_stop_the_upgrade() {
    let mut database = Database::to_adopt(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute("DROP INDEX ix_users_email; UPDATE users SET email = 'same@b.cd' WHERE id IN ('u3', 'u4')")
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!((failure.code.as_str(), failure.column.as_deref(), failure.detail), ("23505", Some("email"), None));
}

/// Foreign keys of other tables to a column whose type changes, or to a constraint that is dropped, are named.
#[test]
fn references_in_the_way_are_named() {
    let mut database = Database::to_adopt(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute("CREATE TABLE own (user_id varchar REFERENCES users); CREATE EXTENSION todo VERSION 'adopt'")
        .unwrap();
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!((failure.code.as_str(), failure.column.as_deref()), ("55000", Some("id")));
    client.batch_execute("ALTER TABLE own DROP CONSTRAINT own_user_id_fkey; ALTER EXTENSION todo UPDATE").unwrap();
    client
        .batch_execute(
            "ALTER TABLE own ADD FOREIGN KEY (user_id) REFERENCES users; ALTER EXTENSION todo UPDATE TO '0.2.0'",
        )
        .unwrap();
    client.batch_execute("CREATE TABLE other (email varchar(255) REFERENCES users (email))").unwrap();
    let by = strings(client, "SELECT conindid::regclass::text FROM pg_constraint WHERE conrelid = 'other'::regclass");
    let updated = client.batch_execute("ALTER EXTENSION todo UPDATE");
    if by == ["users_email_key"] {
        let failure = Failure::of(updated);
        assert_eq!((failure.code.as_str(), failure.column.as_deref()), ("55000", Some("email")));
    } else {
        updated.unwrap();
    }
}

/// An index on another table that has the name of one of the extension's is named.
#[test]
fn a_name_that_is_taken_stops_the_upgrade() {
    let mut database = Database::to_adopt(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE TABLE archive (created_at timestamp); CREATE INDEX ix_tasks_created_at ON archive (created_at)",
        )
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
    assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE")).code, "42P07");
}

#[test]
fn rows_that_do_not_fit_stop_the_upgrade() {
    let mut database = Database::to_adopt(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute("INSERT INTO users SELECT repeat('x', 37), 'x@b.cd', 'X', '!', now(), now(), true, true")
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
    let before = (catalog(client), rows(client));
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!((failure.code.as_str(), failure.column.as_deref()), ("22001", Some("id")));
    assert_eq!((catalog(client), rows(client)), before);

    client.batch_execute("DELETE FROM users WHERE id LIKE 'x%'; SET session_replication_role = replica; INSERT INTO tasks (user_id, title, completed, created_at, updated_at) VALUES ('nobody', 'x', false, now(), now()); RESET session_replication_role").unwrap();
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23503", Some("tasks_user_id_fkey")));

    client
        .batch_execute("DELETE FROM tasks WHERE user_id = 'nobody'; UPDATE users SET created_at = 'infinity'")
        .unwrap();
    let before = (catalog(client), rows(client));
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!(failure.fields(), ("23514", Some("created_at"), None));
    assert!(failure.detail.is_some_and(|detail| detail.starts_with("created_at: ")));
    assert_eq!((catalog(client), rows(client)), before);
}
