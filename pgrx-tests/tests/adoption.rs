//! Tables that are there already and fit are adopted without loss.

use todo_tests::{Database, Failure, TO_ADOPT, catalog, current_version, rows, strings, task};

/// The guard protects adopted rows before the update to the current version, and after an update that has failed.
#[test]
fn adopted_rows_are_guarded_at_once() {
    let mut database = Database::to_adopt(TO_ADOPT[0].1);
    let client = &mut database.client;
    client
        .batch_execute("UPDATE users SET email = 'no address' WHERE id = 'u1'; CREATE EXTENSION todo VERSION 'adopt'")
        .unwrap();
    let before = rows(client);
    assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE")).code, "23514");
    for loss in ["DROP EXTENSION todo", "DROP SCHEMA public CASCADE", "ALTER TABLE users ADD COLUMN image text"] {
        assert_eq!(Failure::of(database.connect().batch_execute(loss)).code, "2BP01", "{loss}");
    }
    // The documented way back.
    database
        .client
        .batch_execute(
            "ALTER EXTENSION todo DROP TABLE users; ALTER EXTENSION todo DROP TABLE tasks;
             ALTER EXTENSION todo DROP SEQUENCE tasks_id_seq; DROP EXTENSION todo",
        )
        .unwrap();
    assert_eq!(rows(&mut database.client), before);
}

/// The guard can read the state of adopted tables, whichever role runs a command.
#[test]
fn adopted_tables_can_have_other_things() {
    let mut database = Database::empty();
    let role = database.role("owner");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA app AUTHORIZATION {role}; SET ROLE {role}; SET search_path = app; {}; RESET ROLE;
             CREATE EXTENSION todo SCHEMA app VERSION 'adopt'",
            TO_ADOPT[0].1
        ))
        .unwrap();
    for who in [format!("SET ROLE {role}"), "RESET ROLE".to_owned()] {
        for command in [
            "CREATE TABLE mine (user_id varchar(36) REFERENCES users (id)); DROP TABLE mine",
            "CREATE INDEX mine ON tasks (title); DROP INDEX mine",
            "ALTER TABLE tasks ADD CONSTRAINT mine CHECK (title <> 'x'); ALTER TABLE tasks DROP CONSTRAINT mine",
            "ALTER TABLE users ALTER name SET STATISTICS 50",
        ] {
            client.batch_execute(&format!("{who}; {command}")).unwrap_or_else(|e| panic!("{who}; {command}: {e:?}"));
        }
        for command in ["ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey", "ALTER TABLE users ADD image text"] {
            assert_eq!(Failure::of(client.batch_execute(command)).code, "2BP01", "{who}; {command}");
        }
    }
}

/// Tables with columns of the application are refused, and the hint says what works. Tables with a dropped column are adopted.
#[test]
fn own_columns_have_a_way_out() {
    let mut database = Database::to_adopt(TO_ADOPT[1].1);
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

/// Tables whose constraints and indexes have other names, or are of another kind, end like all others.
#[test]
fn parts_with_other_names_are_replaced() {
    let mut fresh = Database::new();
    let mut database = Database::to_adopt(TO_ADOPT[2].1);
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

/// From 0.0.45 on, SQLModel creates columns of times with time zone, and other tools use fewer digits. Times become UTC.
#[test]
fn times_with_a_zone_become_utc() {
    let mut fresh = Database::new();
    let mut database = Database::to_adopt(&TO_ADOPT[2].1.replace("WITHOUT TIME ZONE", "WITH TIME ZONE"));
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

/// Expressions that an application may have put on the tables: statements that create each, drop it, and create it again.
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
    let mut database = Database::to_adopt(TO_ADOPT[0].1);
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
    // All expressions have to be dropped first, and can be created again afterwards.
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
    for version in ["0.1.0", current_version()] {
        client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{version}'")).unwrap();
    }
}
