//! Tables that are there already: what fits is adopted without loss, what does not is refused and left as it was.

use std::process::Command;
use todo_tests::{Database, Failure, Fields, HASH, TO_ADOPT, catalog, rows, strings, task};

/// Tables of one kind with a few rows.
fn filled(tables: &str) -> Database {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(tables).unwrap();
    client
        .execute(
            "INSERT INTO users SELECT 'u' || i, 'user' || i || '@b.cd', 'User ' || i, $1, '2024-01-01', '2024-01-02', i % 2 = 0, false
             FROM generate_series(1, 20) AS i",
            &[&HASH],
        )
        .unwrap();
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed, created_at, updated_at, completed_at)
             SELECT 'u' || i % 20 + 1, 'Task ' || i, i % 2 = 0, '2024-01-01', '2024-01-02 03:04:05.678901',
                 CASE i % 2 WHEN 0 THEN timestamp '2024-01-02' END
             FROM generate_series(1, 200) AS i",
        )
        .unwrap();
    database
}

#[test]
fn adopted_tables_keep_rows_owner_and_grants() {
    for (kind, tables) in TO_ADOPT {
        let mut database = filled(tables);
        let role = format!("{}_role", database.name);
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "CREATE ROLE {role}_owner; CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}_owner, {role};
                 ALTER TABLE users OWNER TO {role}_owner; ALTER TABLE tasks OWNER TO {role}_owner;
                 GRANT SELECT, INSERT ON tasks TO {role}; GRANT SELECT (id, email) ON users TO {role};
                 GRANT USAGE ON SEQUENCE tasks_id_seq TO {role}"
            ))
            .unwrap();
        let acl = "SELECT format('%s %s %s', relname, relowner::regrole, relacl) FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')
             UNION ALL SELECT format('%s %s', attname, attacl) FROM pg_attribute WHERE attrelid = 'users'::regclass ORDER BY 1";
        let before = (rows(client), strings(client, acl));
        client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
        assert_eq!((rows(client), strings(client, acl)), before, "{kind}");
        client.batch_execute("ALTER EXTENSION todo UPDATE").unwrap();
        assert_eq!((rows(client), strings(client, acl)), before, "{kind}");

        // Both roles go on working, with the rules.
        client.batch_execute(&format!("SET ROLE {role}")).unwrap();
        let insert = "INSERT INTO tasks (user_id, title) VALUES ('u1', ' x ') RETURNING *";
        assert_eq!((task(client, insert, &[]).id, task(client, insert, &[]).title.as_str()), (201, "x"), "{kind}");
        assert_eq!(Failure::of(client.batch_execute("SELECT * FROM users")).code, "42501");
        client.batch_execute(&format!("SET ROLE {role}_owner")).unwrap();
        assert_eq!(Failure::of(client.batch_execute("UPDATE users SET email = 'x'")).code, "23514");
        client.batch_execute("RESET ROLE").unwrap();

        // A dump carries the grants.
        let output = Command::new("pg_dump").arg("--dbname").arg(&database.name).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut restored = Database::empty();
        let dump = dump_statements(&String::from_utf8(output.stdout).unwrap());
        restored.client.batch_execute(&dump).unwrap();
        let grants: Vec<String> = strings(
            &mut restored.client,
            &format!(
                "SELECT format('%s %s', object, privilege_type) FROM (
                     SELECT relname AS object, relacl AS acl FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')
                     UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = 'users'::regclass
                 ) AS a, aclexplode(acl) WHERE grantee = '{role}'::regrole ORDER BY 1"
            ),
        );
        assert_eq!(
            grants,
            ["email SELECT", "id SELECT", "tasks INSERT", "tasks SELECT", "tasks_id_seq USAGE"],
            "{kind}, after a restore"
        );
        drop(restored);
        database
            .client
            .batch_execute(&format!(
                "REASSIGN OWNED BY {role}_owner TO postgres; DROP OWNED BY {role}, {role}_owner; DROP ROLE {role}, {role}_owner"
            ))
            .unwrap();
    }
}

/// The grants of a dump, and what creates the tables: COPY data is not for batch_execute.
fn dump_statements(dump: &str) -> String {
    let lines = dump.lines().filter(|line| line.starts_with("CREATE EXTENSION") || line.starts_with("GRANT"));
    lines.collect::<Vec<_>>().join("\n")
}

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
        ("ALTER TABLE tasks ALTER updated_at TYPE timestamptz", ("55000", Some("tasks"), Some("updated_at"))),
        ("ALTER TABLE tasks ALTER id TYPE bigint", ("55000", Some("tasks"), Some("id"))),
        ("ALTER TABLE tasks DROP completed, ADD completed boolean", ("55000", Some("tasks"), Some("completed"))),
        (
            "ALTER TABLE tasks ALTER id DROP DEFAULT, ALTER id ADD GENERATED ALWAYS AS IDENTITY",
            ("55000", Some("tasks"), Some("id")),
        ),
        ("ALTER TABLE tasks ALTER id DROP DEFAULT", ("55000", Some("tasks"), Some("id"))),
        ("ALTER SEQUENCE tasks_id_seq INCREMENT 10", ("55000", Some("tasks"), Some("id"))),
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

/// What the refusal of own columns says to do works, and tables with a gap between their columns do.
#[test]
fn own_columns_have_a_way_out() {
    let mut database = filled(TO_ADOPT[1].1);
    let client = &mut database.client;
    client.batch_execute("ALTER TABLE users ADD image text; UPDATE users SET image = 'of ' || id; ALTER TABLE tasks DROP completed_at, ADD due date, ADD completed_at timestamp").unwrap();
    let Err(error) = client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'") else { panic!("adopted") };
    let error = error.as_db_error().unwrap();
    assert!(error.message().contains("image"), "{error}");
    let hint = error.hint().unwrap();
    let (_, way_out) = hint.split_once("own: ").unwrap();
    let (create, _) = way_out.split_once(';').unwrap();
    client.batch_execute(create).unwrap();
    client.batch_execute("ALTER TABLE users DROP COLUMN image; ALTER TABLE tasks DROP COLUMN due").unwrap();
    let before = rows(client).len();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(rows(client).len(), before);
    assert_eq!(strings(client, "SELECT image FROM users_more WHERE id = 'u7'"), ["of u7"]);
    let made = task(client, "SELECT * FROM todo_create_task('u1', ' with a gap ')", &[]);
    assert_eq!(task(client, "SELECT * FROM todo_toggle_task($1, 'u1')", &[&i64::from(made.id)]).title, "with a gap");
}

/// Names as a naming convention has them, references and keys of other kinds: all come out alike.
#[test]
fn parts_of_other_names_come_in_shape() {
    let mut fresh = Database::new();
    let mut database = filled(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute(
            "ALTER TABLE users RENAME CONSTRAINT users_pkey TO pk_users;
             ALTER TABLE tasks RENAME CONSTRAINT tasks_user_id_fkey TO fk_tasks_user_id_users;
             ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE (email) DEFERRABLE;
             DROP INDEX ix_tasks_user_id;
             CREATE INDEX ix_tasks_user_id ON tasks (user_id DESC);
             CREATE INDEX another_of_email ON users (email);
             ALTER TABLE users ALTER name SET DEFAULT 'Anonymous', ALTER id SET DEFAULT 'x'",
        )
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(catalog(client), catalog(&mut fresh.client));
}

#[test]
fn what_an_application_added_stays() {
    let mut database = filled(TO_ADOPT[0].1);
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE INDEX own_index ON tasks (title); CREATE INDEX own_partial ON users (email) WHERE is_active;
             CREATE INDEX own_like ON users (email varchar_pattern_ops);
             ALTER TABLE tasks ADD CONSTRAINT own_check CHECK (title <> 'forbidden');
             CREATE TABLE own (task_id integer REFERENCES tasks ON DELETE CASCADE); INSERT INTO own VALUES (7);
             CREATE VIEW own_view AS SELECT title FROM tasks",
        )
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
    let kept = "SELECT relname::text FROM pg_class WHERE relname LIKE 'own%' UNION ALL
         SELECT conname::text FROM pg_constraint WHERE conname LIKE 'own%' ORDER BY 1";
    assert_eq!(
        strings(client, kept),
        ["own", "own_check", "own_index", "own_like", "own_partial", "own_task_id_fkey", "own_view"]
    );
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_create_task('u1', 'forbidden')")).code, "23514");
}

#[test]
fn rows_that_do_not_fit_stop_the_upgrade() {
    let mut database = filled(TO_ADOPT[2].1);
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
}

#[test]
fn tables_in_a_schema_of_their_own_are_adopted_there() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA \"My App\"; SET search_path = \"My App\"; {}; RESET search_path",
            TO_ADOPT[0].1
        ))
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo SCHEMA \"My App\" VERSION 'adopt'").unwrap();
    client
        .batch_execute("INSERT INTO \"My App\".users (id, email, name, hashed_password) VALUES ('u1', 'bad', 'X', '!')")
        .unwrap();
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!(failure.fields(), ("23514", Some("email"), Some("users_email_check")));
    client
        .batch_execute(
            "DELETE FROM \"My App\".users; ALTER EXTENSION todo UPDATE; SELECT * FROM \"My App\".todo_list_tasks('u1')",
        )
        .unwrap();
    let broken = "SELECT name FROM \"My App\".todo_check() WHERE NOT ok";
    assert_eq!(strings(client, broken), [""; 0]);
    for version in ["0.1.0", "1.0.0"] {
        client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{version}'")).unwrap();
    }
}
