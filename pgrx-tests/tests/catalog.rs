//! The extension's objects in the catalogs: their rights, constraints and descriptions.

use todo_tests::admin::run;
use todo_tests::{Database, Failure, strings, task, tasks};

#[test]
fn functions_are_described_and_tables_are_not() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    let members = "SELECT objid FROM pg_depend
         WHERE deptype = 'e' AND refobjid IN (SELECT oid FROM pg_extension WHERE extname LIKE 'todo%')";
    let undescribed = format!(
        "SELECT oid::regprocedure::text FROM pg_proc
         WHERE oid IN ({members}) AND coalesce(obj_description(oid, 'pg_proc'), '') = ''"
    );
    assert_eq!(strings(client, &undescribed), [""; 0]);
    // Alembic's autogenerate reports comments on tables and columns as changes.
    let comments = "SELECT description FROM pg_description WHERE objoid IN ('users'::regclass, 'tasks'::regclass)";
    assert_eq!(strings(client, comments), [""; 0]);
}

#[test]
fn nothing_is_open_to_public() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    let open = strings(
        client,
        "WITH members AS (
             SELECT classid, objid FROM pg_depend
             WHERE deptype = 'e' AND refobjid IN (SELECT oid FROM pg_extension WHERE extname LIKE 'todo%')
         ), acls AS (
             SELECT oid::regprocedure::text AS name, coalesce(proacl, acldefault('f', proowner)) AS acl
             FROM pg_proc JOIN members ON (classid, objid) = ('pg_proc'::regclass, oid)
             UNION ALL
             SELECT oid::regclass::text, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))
             FROM pg_class JOIN members ON (classid, objid) = ('pg_class'::regclass, oid)
             UNION ALL
             SELECT nspname, coalesce(nspacl, acldefault('n', nspowner))
             FROM pg_namespace JOIN members ON (classid, objid) = ('pg_namespace'::regclass, oid)
         )
         SELECT CASE count(*) FILTER (WHERE grantee = 0) WHEN 0 THEN 'closed' ELSE 'open: ' || name END
         FROM acls, aclexplode(acl) WHERE name NOT IN ('todo_search_text(text)', 'todo_search_words(text,text,text)') GROUP BY name",
    );
    assert!(open.len() > 50, "functions, relations and schemas of both extensions: {open:?}");
    assert!(open.iter().all(|state| state == "closed"), "{open:?}");

    client
        .batch_execute(&format!("CREATE ROLE {0}; GRANT USAGE ON SCHEMA public TO {0}; SET ROLE {0}", database.name))
        .unwrap();
    for statement in [
        "SELECT * FROM users",
        "SELECT * FROM tasks",
        "SELECT * FROM todo_list_tasks('u1')",
        "SELECT * FROM todo_create_task('u1', 'x')",
        "SELECT nextval('tasks_id_seq')",
        "SELECT todo_internal.users_before_row()",
    ] {
        assert_eq!(Failure::of(client.query(statement, &[])).code, "42501", "{statement}");
    }
    // The functions run with the caller's rights, so EXECUTE alone does not give access to tasks.
    client
        .batch_execute(&format!(
            "RESET ROLE; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {0}; SET ROLE {0}",
            database.name
        ))
        .unwrap();
    for call in ["todo_list_tasks('u1')", "todo_create_task('u1', 'x')", "todo_toggle_task(1, 'u1')"] {
        assert_eq!(Failure::of(client.query(&format!("SELECT * FROM {call}"), &[])).code, "42501", "{call}");
    }
    client
        .batch_execute(&format!(
            "RESET ROLE; GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO {0}; GRANT USAGE ON SEQUENCE tasks_id_seq TO {0}; SET ROLE {0}",
            database.name
        ))
        .unwrap();
    task(client, "SELECT * FROM todo_create_task('u1', 'x')", &[]);
    task(client, "SELECT * FROM todo_toggle_task(1, 'u1')", &[]);
    assert_eq!(Failure::of(client.query("SELECT * FROM todo_create_task('nobody', 'x')", &[])).code, "23503");
}

#[test]
fn addresses_are_unique_without_regard_to_case() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for (email, constraint) in [("a@b.cd", "ix_users_email"), ("A@B.CD", "ix_users_email_folded")] {
        let failure = Failure::of(client.execute("INSERT INTO users (email, name) VALUES ($1, 'X')", &[&email]));
        assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some(constraint)));
        let failure = Failure::of(client.execute("UPDATE users SET email = $1 WHERE id = 'u2'", &[&email]));
        assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some(constraint)));
    }
    client.execute("INSERT INTO users (email, name) VALUES ('Á@b.cd', 'X'), ('á@b.cd', 'X')", &[]).unwrap();
    let failure = Failure::of(client.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'c@b.cd', 'X')", &[]));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some("users_pkey")));
}

#[test]
fn no_task_without_its_user() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for statement in
        ["INSERT INTO tasks (user_id, title) VALUES ('nobody', 'x')", "SELECT todo_create_task('nobody', 'x')"]
    {
        let failure = Failure::of(client.execute(statement, &[]));
        assert_eq!(
            (failure.code.as_str(), failure.constraint.as_deref()),
            ("23503", Some("tasks_user_id_fkey")),
            "{statement}"
        );
    }
    client.batch_execute("SELECT todo_create_task(u, 'x') FROM unnest('{u1,u1,u2}'::text[]) AS u").unwrap();
    let failure = Failure::of(client.execute("UPDATE users SET id = 'other' WHERE id = 'u1'", &[]));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23503", Some("tasks_user_id_fkey")));
    client.batch_execute("DELETE FROM users WHERE id = 'u1'").unwrap();
    let left = tasks(client, "SELECT * FROM tasks", &[]);
    assert_eq!(left.iter().map(|t| t.user_id.as_str()).collect::<Vec<_>>(), ["u2"]);
}

/// The largest id is used, and the sequence does not begin again. todo_check() warns in time.
#[test]
fn ids_end_with_an_error() {
    const NAME: &str = "sequence tasks_id_seq below 75 %";
    let mut database = Database::with_users();
    for (given, found) in [(1_610_612_735u32, &[][..]), (1_610_612_736, &[NAME])] {
        let client = &mut database.client;
        client.batch_execute(&format!("SELECT setval('tasks_id_seq', {given})")).unwrap();
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), found, "{given}");
        let doctor = run(&database, &["doctor"]);
        assert_eq!(
            (doctor.code, doctor.out.contains(NAME)),
            (i32::from(!found.is_empty()), !found.is_empty()),
            "{doctor:?}"
        );
    }
    let client = &mut database.client;
    client.batch_execute("SELECT setval('tasks_id_seq', 2147483646)").unwrap();
    let two = "SELECT todo_create_tasks('u1', '[{\"title\": \"last\"}, {\"title\": \"one more\"}]')";
    assert_eq!(Failure::of(client.query(two, &[])).code, "2200H");
    assert_eq!(tasks(client, "SELECT * FROM tasks", &[]), [], "all or nothing");
    client.batch_execute("SELECT setval('tasks_id_seq', 2147483646)").unwrap();
    assert_eq!(task(client, "SELECT * FROM todo_create_task('u1', 'last')", &[]).id, i32::MAX);
    for one_more in [
        "SELECT todo_create_task('u1', 'one more')",
        "INSERT INTO tasks (user_id, title) VALUES ('u1', 'one more')",
        two,
        "SELECT todo_create_task('u1', 'one more')",
    ] {
        assert_eq!(Failure::of(client.query(one_more, &[])).code, "2200H", "{one_more}");
    }
    assert_eq!(task(client, "SELECT * FROM todo_toggle_task(2147483647, 'u1')", &[]).title, "last");
    assert_eq!(tasks(client, "SELECT * FROM tasks", &[]).len(), 1);
}
