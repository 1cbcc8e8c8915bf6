//! What an update from one release to the next keeps, and what an operator can do beforehand.

use postgres::Client;
use todo_tests::{Database, Failure, current_version, rows, strings};

/// A database at 1.0.0 with two users, one of whom has tasks.
fn at_1_0_0() -> Database {
    let mut database = Database::empty();
    database
        .client
        .batch_execute(
            "CREATE EXTENSION todo VERSION '1.0.0';
             INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'), ('u2', 'b@b.cd', 'B');
             INSERT INTO tasks (user_id, title, completed) SELECT 'u1', 'Task ' || i, i % 2 = 0 FROM generate_series(1, 100) AS i",
        )
        .unwrap();
    database
}

fn update(client: &mut Client) -> Result<(), postgres::Error> {
    client.batch_execute("ALTER EXTENSION todo UPDATE")
}

fn faults(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT name FROM todo_check() WHERE NOT ok")
}

/// What may be called, and by whom.
fn may_call(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT format('%s %s', coalesce(r.rolname, 'PUBLIC'), p.oid::regprocedure) AS line
         FROM pg_proc AS p
         CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
         LEFT JOIN pg_roles AS r ON r.oid = a.grantee
         WHERE p.pronamespace IN ('public'::regnamespace, 'todo_internal'::regnamespace) AND a.grantee <> p.proowner
           AND p.proname <> 'own'
         ORDER BY line",
    )
}

/// The application still works after an update, and after a downgrade. Default privileges give nobody a new function.
#[test]
fn grants_stay_and_no_others_come() {
    let mut database = at_1_0_0();
    let (application, other) = (database.role("application"), database.role("other"));
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SELECT todo_grant('{application}'); GRANT EXECUTE ON FUNCTION todo_check() TO {application} WITH GRANT OPTION;
             ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {other}"
        ))
        .unwrap();
    let (granted, kept) = (may_call(client), rows(client));
    let of = |role: &str, lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.starts_with(role)).cloned().collect()
    };
    assert!(of(&application, &granted).len() >= 25, "{granted:?}");
    for version in [current_version(), "1.0.0", current_version()] {
        client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{version}'")).unwrap();
        let now = may_call(client);
        assert_eq!(of(&application, &now), of(&application, &granted), "{version}");
        // Everyone may call two functions, because an index calls them.
        let everyones = ["PUBLIC todo_search_text(text)", "PUBLIC todo_search_words(text,text,text)"];
        let everyones = if version == "1.0.0" { &[][..] } else { &everyones };
        assert_eq!(
            (of(&other, &now), of("PUBLIC", &now)),
            (vec![], everyones.iter().map(|f| (*f).to_owned()).collect()),
            "{version}"
        );
        client
            .batch_execute(&format!(
                "SET ROLE {application}; SELECT todo_toggle_task(1, 'u1'), todo_toggle_task(1, 'u1'); RESET ROLE"
            ))
            .unwrap();
        assert_eq!(rows(client).len(), kept.len());
    }
    assert_eq!(faults(client), [""; 0]);
    client.batch_execute(&format!("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM {other}")).unwrap();
}

/// An operator can build indexes before the update, without locking large tables. The update uses them.
#[test]
fn indexes_that_were_built_beforehand_are_used() {
    let build = "CREATE INDEX CONCURRENTLY ix_tasks_user_created_at ON tasks (user_id, created_at, id);
                 CREATE INDEX CONCURRENTLY ix_tasks_user_completed_at ON tasks (user_id, completed_at, created_at, id)";
    let files =
        "SELECT relname || ' ' || relfilenode FROM pg_class WHERE relname LIKE 'ix_tasks_user_c%_at' ORDER BY relname";
    let mut database = at_1_0_0();
    let client = &mut database.client;
    for statement in build.split(';') {
        client.batch_execute(statement).unwrap();
    }
    let built = strings(client, files);
    assert_eq!(built.len(), 2);
    update(client).unwrap();
    assert_eq!(strings(client, files), built);
    assert_eq!(faults(client), [""; 0]);
    // A downgrade drops them.
    client.batch_execute("ALTER EXTENSION todo UPDATE TO '1.0.0'").unwrap();
    assert_eq!(strings(client, files), [""; 0]);
}

/// An index of that name with another definition is named, and nothing is changed.
#[test]
fn another_index_of_the_name_stops_the_update() {
    let mut database = at_1_0_0();
    let client = &mut database.client;
    for (spoil, mend) in [
        ("CREATE INDEX ix_tasks_user_created_at ON tasks (user_id, created_at)", "DROP INDEX ix_tasks_user_created_at"),
        (
            "CREATE INDEX ix_tasks_user_completed_at ON tasks (user_id, completed_at, created_at, id) WHERE completed",
            "DROP INDEX ix_tasks_user_completed_at",
        ),
        // A cancelled CREATE INDEX CONCURRENTLY leaves such an index.
        (
            "CREATE INDEX ix_tasks_user_created_at ON tasks (user_id, created_at, id);
             UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_tasks_user_created_at'::regclass",
            "DROP INDEX ix_tasks_user_created_at",
        ),
    ] {
        client.batch_execute(spoil).unwrap();
        let failure = Failure::of(update(client));
        assert_eq!((failure.code.as_str(), failure.table.as_deref()), ("55000", Some("tasks")), "{spoil}");
        let hint = failure.hint.unwrap_or_default();
        assert!(hint.contains(&mend.replace("INDEX ", "INDEX public.")), "{hint}");
        assert_eq!(strings(client, "SELECT extversion FROM pg_extension WHERE extname = 'todo'"), ["1.0.0"]);
        client.batch_execute(mend).unwrap();
    }
    update(client).unwrap();
    assert_eq!(faults(client), [""; 0]);
}

/// New rules apply only to rows that are written. An update reads no row, not even one that breaks a new rule.
#[test]
fn no_row_is_touched() {
    let mut database = at_1_0_0();
    let client = &mut database.client;
    let places = "SELECT ctid || ' ' || xmin FROM tasks UNION ALL SELECT ctid || ' ' || xmin FROM users ORDER BY 1";
    let before = (strings(client, places), rows(client));
    update(client).unwrap();
    assert_eq!((strings(client, places), rows(client)), before);
    client.batch_execute("ALTER EXTENSION todo UPDATE TO '1.0.0'").unwrap();
    assert_eq!((strings(client, places), rows(client)), before);
}

/// Settings and comments on parts that both versions have stay, and indexes are not built again.
#[test]
fn settings_and_comments_stay() {
    let mut database = at_1_0_0();
    let client = &mut database.client;
    client
        .batch_execute(
            "ALTER INDEX ix_tasks_user_id SET (fillfactor = 70); COMMENT ON INDEX ix_tasks_user_id IS 'own';
             COMMENT ON TRIGGER zz_todo_before_row ON tasks IS 'own'",
        )
        .unwrap();
    let set = "SELECT c.relname || c.relfilenode || c.reloptions::text || obj_description(c.oid, 'pg_class') FROM pg_class AS c
         WHERE c.relname = 'ix_tasks_user_id'
         UNION ALL SELECT t.oid || obj_description(t.oid, 'pg_trigger') FROM pg_trigger AS t WHERE t.tgrelid = 'tasks'::regclass AND NOT t.tgisinternal
         ORDER BY 1";
    let before = strings(client, set);
    assert_eq!(before.len(), 2, "{before:?}");
    for version in [current_version(), "1.0.0", current_version()] {
        client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{version}'")).unwrap();
        assert_eq!(strings(client, set), before, "{version}");
    }
    assert_eq!(faults(client), [""; 0]);
}
