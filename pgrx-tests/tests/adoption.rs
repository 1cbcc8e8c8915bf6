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
        // The view of users is not the tables' owner's, so its owner may read the table.
        let acl = "SELECT format('%s %s %s', relname, relowner::regrole, replace(coalesce(relacl, acldefault('r', relowner))::text, ',todo_owner=r/' || relowner::regrole, '')) FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')
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

/// Whoever owns the tables may have triggers and constraints there; they never run with a superuser's rights.
#[test]
fn the_tables_owner_does_not_become_superuser() {
    let mut database = Database::empty();
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA public TO {role}; SET ROLE {role}"))
        .unwrap();
    client.batch_execute(TO_ADOPT[1].1).unwrap();
    client
        .batch_execute(
            "CREATE TABLE trace (caller text);
             CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.trace VALUES (current_user); RETURN NEW; END';
             CREATE FUNCTION spied(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.trace VALUES (current_user); RETURN true; END';
             INSERT INTO users VALUES ('u1', 'a@b.cd', ' A ', '!', now(), now());
             ALTER TABLE users ADD CONSTRAINT spying CHECK (spied(name));
             RESET ROLE; CREATE EXTENSION todo VERSION 'adopt'",
        )
        .unwrap();
    client.batch_execute("TRUNCATE trace").unwrap();
    let refused = |client: &mut postgres::Client| Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!(refused(client).code, "55000", "a constraint");
    client
        .batch_execute("ALTER TABLE users DROP CONSTRAINT spying; CREATE INDEX spying ON users (spied(name))")
        .unwrap_err();
    client
        .batch_execute("ALTER TABLE users DROP CONSTRAINT spying; CREATE TRIGGER spying BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION spy(); ALTER TABLE users ENABLE ALWAYS TRIGGER spying")
        .unwrap();
    assert_eq!(refused(client).code, "55000", "a trigger that fires always");
    client.batch_execute("ALTER TABLE users ENABLE TRIGGER spying; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(strings(client, "SELECT caller FROM trace"), [""; 0]);

    let triggers = "CREATE TRIGGER spying_too BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION spy();
         CREATE TRIGGER spying_last AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION spy();
         SET todo.bcrypt_cost = 4";
    client.batch_execute(triggers).unwrap();
    for call in [
        "todo_create_user('new@b.cd', 'New', 'correct horse')",
        "todo_update_user('u1', name => 'Other')",
        "todo_verify_email('u1')",
        "todo_set_active('u1', false)",
        "todo_authenticate('new@b.cd', 'correct horse')",
        "todo_change_password((SELECT id FROM users WHERE name = 'New')::text, 'correct horse', 'battery staple')",
        "todo_delete_user('u1')",
    ] {
        assert_eq!(client.query(&format!("SELECT * FROM {call}"), &[]).unwrap().len(), 1, "{call}");
    }
    assert_eq!(strings(client, "SELECT DISTINCT caller FROM trace"), [role]);
    assert!(strings(client, "SELECT caller FROM trace").len() >= 6);
    assert_eq!(strings(client, "SELECT current_user::text"), ["postgres"]);
}

/// Whoever reads by functions or the view runs what is in the view: the owner of adopted tables puts nothing there.
#[test]
fn the_view_is_not_the_tables_owners() {
    let mut database = filled(TO_ADOPT[1].1);
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}; ALTER TABLE tasks OWNER TO {role};
             CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}"
        ))
        .unwrap();
    for change in [
        "CREATE OR REPLACE VIEW todo_users AS SELECT id, email, name, created_at, updated_at, is_active, email_verified FROM users",
        "ALTER VIEW todo_users RENAME TO other",
        "DROP VIEW todo_users",
    ] {
        assert_eq!(Failure::of(client.batch_execute(change)).code, "42501", "{change}");
    }
    client.batch_execute("RESET ROLE").unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_get_user('u1')"), ["User 1"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Granting to the owner, and taking back, leaves it the rights that references are checked with.
#[test]
fn the_owner_keeps_its_rights() {
    let mut database = filled(TO_ADOPT[1].1);
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}; ALTER TABLE tasks OWNER TO {role};
             CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE"
        ))
        .unwrap();
    for change in ["todo_grant('{}')", "todo_revoke('{}')", "todo_grant('{}', 'tables')"] {
        client.batch_execute(&format!("SELECT {}", change.replace("{}", &role))).unwrap();
        client.batch_execute("SELECT todo_create_task('u1', 'x')").unwrap_or_else(|e| panic!("{change}: {e}"));
    }
    client
        .batch_execute(&format!(
            "SET ROLE {role}; SELECT todo_create_task('u1', 'x'); DELETE FROM users WHERE id = 'u1'"
        ))
        .unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Between adoption and update, and after an update that has failed.
#[test]
fn adopted_rows_are_guarded_at_once() {
    let mut database = filled(TO_ADOPT[0].1);
    let client = &mut database.client;
    client
        .batch_execute("UPDATE users SET email = 'no address' WHERE id = 'u1'; CREATE EXTENSION todo VERSION 'adopt'")
        .unwrap();
    let before = rows(client);
    assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE")).code, "23514");
    for loss in ["DROP EXTENSION todo", "DROP SCHEMA public CASCADE", "ALTER TABLE users ADD COLUMN image text"] {
        assert_eq!(Failure::of(database.connect().batch_execute(loss)).code, "2BP01", "{loss}");
    }
    // The way back that the documentation names.
    database
        .client
        .batch_execute(
            "ALTER EXTENSION todo DROP TABLE users; ALTER EXTENSION todo DROP TABLE tasks;
             ALTER EXTENSION todo DROP SEQUENCE tasks_id_seq; DROP EXTENSION todo",
        )
        .unwrap();
    assert_eq!(rows(&mut database.client), before);
}

/// At 0.2.0 there is no guard: what has happened to the tables meanwhile is mended, or stops the update.
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
    let mut database = filled(TO_ADOPT[2].1);
    let client = &mut database.client;
    client
        .batch_execute("DROP INDEX ix_users_email; UPDATE users SET email = 'same@b.cd' WHERE id IN ('u3', 'u4')")
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!((failure.code.as_str(), failure.column.as_deref(), failure.detail), ("23505", Some("email"), None));
}

/// Other tables' references to a column that changes its type, or to a constraint that goes.
#[test]
fn references_in_the_way_are_named() {
    let mut database = filled(TO_ADOPT[2].1);
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

/// SQLModel makes times with a zone from 0.0.45 on, other tools such of fewer digits: instants become their time in UTC.
#[test]
fn times_with_a_zone_become_utc() {
    let mut fresh = Database::new();
    let mut database = filled(&TO_ADOPT[2].1.replace("WITHOUT TIME ZONE", "WITH TIME ZONE"));
    let client = &mut database.client;
    client
        .batch_execute(
            "ALTER TABLE users ALTER created_at TYPE timestamptz(3); ALTER TABLE users ALTER updated_at TYPE timestamp(0);
             SET TimeZone = 'Asia/Kathmandu'; UPDATE tasks SET created_at = '2024-03-31 01:30:00 Europe/Berlin' WHERE id = 1",
        )
        .unwrap();
    let times = |zone: &str| {
        format!(
            "SELECT (created_at{zone})::text || (updated_at{zone})::text || coalesce((completed_at{zone})::text, '')
             FROM tasks ORDER BY id"
        )
    };
    let before = strings(client, &times(" AT TIME ZONE 'UTC'"));
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(strings(client, &times("")), before);
    assert_eq!(strings(client, "SELECT created_at::text FROM tasks WHERE id = 1"), ["2024-03-31 00:30:00"]);
    assert_eq!(catalog(client), catalog(&mut fresh.client));
}

/// Expressions that an application may have put on the tables: how each is made, dropped, and made again.
const EXPRESSIONS: [(&str, &str, &str); 3] = [
    (
        "CREATE INDEX own_partial ON users (email) WHERE is_active",
        "DROP INDEX own_partial",
        "CREATE INDEX own_partial ON users (email) WHERE is_active",
    ),
    (
        "ALTER TABLE tasks ADD CONSTRAINT own_check CHECK (title <> 'forbidden' AND char_length(title) > 2)",
        "ALTER TABLE tasks DROP CONSTRAINT own_check",
        "ALTER TABLE tasks ADD CONSTRAINT own_check CHECK (title <> 'forbidden' AND char_length(title) > 2)",
    ),
    (
        "ALTER TABLE tasks ADD CONSTRAINT tasks_title_check CHECK (char_length(title) >= 3)",
        "ALTER TABLE tasks DROP CONSTRAINT tasks_title_check",
        "",
    ),
];

#[test]
fn what_an_application_added_stays() {
    let mut database = filled(TO_ADOPT[0].1);
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE INDEX own_index ON tasks (title);
             CREATE INDEX own_like ON users (email varchar_pattern_ops);
             CREATE TABLE own (task_id integer REFERENCES tasks ON DELETE CASCADE); INSERT INTO own VALUES (7);
             CREATE VIEW own_view AS SELECT id, user_id, title, description FROM tasks;
             CREATE POLICY own_policy ON tasks USING (user_id = current_setting('app.user', true));
             CREATE TRIGGER own_trigger BEFORE UPDATE OF description ON tasks FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
             ALTER TABLE users REPLICA IDENTITY USING INDEX users_email_key",
        )
        .unwrap();
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
    // Expressions, whoever made them, are to be made again afterwards.
    for (made, drop, again) in EXPRESSIONS {
        client.batch_execute(&format!("SET todo.guard = off; {made}")).unwrap();
        assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE")).code, "55000", "{made}");
        client.batch_execute(drop).unwrap();
        assert!(again.is_empty() || made == again);
    }
    client.batch_execute("RESET todo.guard; ALTER EXTENSION todo UPDATE").unwrap();
    for (_, _, again) in EXPRESSIONS {
        client.batch_execute(again).unwrap();
    }
    let kept = "SELECT relname::text FROM pg_class WHERE relname LIKE 'own%' UNION ALL
         SELECT conname::text FROM pg_constraint WHERE conname LIKE '%own%' UNION ALL
         SELECT polname::text FROM pg_policy UNION ALL
         SELECT tgname::text FROM pg_trigger WHERE tgname LIKE 'own%' ORDER BY 1";
    assert_eq!(
        strings(client, kept),
        [
            "own",
            "own_check",
            "own_index",
            "own_like",
            "own_partial",
            "own_policy",
            "own_task_id_fkey",
            "own_trigger",
            "own_view"
        ]
    );
    for title in ["forbidden", "xy"] {
        assert_eq!(Failure::of(client.execute("SELECT todo_create_task('u1', $1)", &[&title])).code, "23514");
    }
    client.batch_execute("CREATE PUBLICATION own FOR TABLE users; UPDATE users SET name = name || '!'").unwrap();
}

/// An index of the extension's name on another table is in the way, and said to be.
#[test]
fn a_name_that_is_taken_stops_the_upgrade() {
    let mut database = filled(TO_ADOPT[2].1);
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

    client
        .batch_execute("DELETE FROM tasks WHERE user_id = 'nobody'; UPDATE users SET created_at = 'infinity'")
        .unwrap();
    let before = (catalog(client), rows(client));
    let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!(failure.fields(), ("23514", Some("created_at"), None));
    assert!(failure.detail.is_some_and(|detail| detail.starts_with("created_at: ")));
    assert_eq!((catalog(client), rows(client)), before);
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
