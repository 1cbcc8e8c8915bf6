//! The guard refuses commands that would lose users or tasks, or make dumps useless, and allows all others.

use postgres::{Client, NoTls};
use std::sync::{Arc, Mutex};
use todo_tests::guarded::{ADDED_COLUMNS, CHANGES, changes_of_parts, to_change};
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, Failure, catalog, rows, strings};

/// All kinds of commands that drop the tables.
fn drops(database: &str) -> [String; 9] {
    [
        "DROP EXTENSION todo",
        "DROP EXTENSION todo CASCADE",
        "DROP SCHEMA public CASCADE",
        "DROP EXTENSION plpgsql CASCADE",
        &format!("DROP OWNED BY {database}_owner CASCADE"),
        "DROP TABLE users, tasks",
        "DROP TABLE users CASCADE",
        "DROP SCHEMA todo_internal CASCADE",
        "DO $$ BEGIN EXECUTE 'DROP EXTENSION todo'; END $$",
    ]
    .map(str::to_owned)
}

/// A database with a user and a task, whose extension belongs to another role than the superuser of the tests.
fn owned() -> Database {
    let mut database = Database::empty();
    let owner = format!("{}_owner", database.name);
    database
        .client
        .batch_execute(&format!(
            "CREATE ROLE {owner} SUPERUSER; SET ROLE {owner}; CREATE EXTENSION todo; RESET ROLE;
             INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); SELECT todo_create_task('u1', 'x')"
        ))
        .unwrap();
    database
}

fn forget_owner(mut database: Database) {
    let forget = format!("SET todo.guard = off; DROP OWNED BY {0}_owner CASCADE; DROP ROLE {0}_owner", database.name);
    database.client.batch_execute(&forget).unwrap();
}

/// The hint at a refused DROP names migrations. PostgreSQL's own hint would be to drop the extension instead.
#[test]
fn relations_that_a_tool_drops_have_a_hint_of_our_own() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo_auth; CREATE TABLE notes (id int)").unwrap();
    for drop in [
        "DROP VIEW todo_users",
        "DROP VIEW IF EXISTS public.todo_users CASCADE",
        "DROP SEQUENCE tasks_id_seq",
        "DROP TABLE notes, tasks",
        "DROP TABLE IF EXISTS users CASCADE",
        "DROP TABLE todo_auth.verification",
        "DROP VIEW todo_auth.account",
    ] {
        let failure = Failure::of(client.batch_execute(drop));
        let hint = failure.hint.unwrap_or_default();
        assert_eq!((failure.code.as_str(), hint.contains("migrations")), ("2BP01", true), "{drop}: {hint}");
    }
    assert_eq!(Failure::of(client.batch_execute("DROP TABLE nothing")).code, "42P01");
    client.batch_execute("DROP TABLE IF EXISTS nothing, notes; DROP EXTENSION todo_auth; DROP EXTENSION todo").unwrap();
}

#[test]
fn nothing_drops_the_tables_while_there_is_a_user() {
    let mut database = owned();
    let before = (catalog(&mut database.client), rows(&mut database.client));
    for drop in drops(&database.name) {
        // In a session that has used nothing of the extension, and in one that has.
        let mut client = database.connect();
        for _ in 0..2 {
            let failure = Failure::of(client.batch_execute(&drop));
            assert_eq!(failure.code, "2BP01", "{drop}");
            let hint = failure.hint.unwrap_or_default();
            if drop.contains("TABLE") {
                assert!(hint.contains("migrations"), "what a tool is to do instead: {drop}: {hint}");
            } else if !drop.contains("todo_internal") {
                assert!(hint.contains("todo_release_tables"), "how to keep the rows: {drop}: {hint}");
            }
        }
        assert_eq!((catalog(&mut client), rows(&mut client)), before, "{drop}");
    }
    // The last user can be deleted, and then the extension can be dropped.
    database.client.batch_execute("DELETE FROM users").unwrap();
    database.connect().batch_execute("DROP EXTENSION todo").unwrap();
    forget_owner(database);
}

#[test]
fn a_superuser_lifts_the_guard() {
    for (i, drop) in drops("x").into_iter().enumerate() {
        if matches!(i, 4..=7) {
            continue; // Another way to the same, or one that PostgreSQL itself refuses.
        }
        let mut database = Database::with_users();
        database.client.batch_execute("SET todo.guard = off").unwrap();
        database.client.batch_execute(&drop).unwrap_or_else(|e| panic!("{drop}: {e}"));
        assert_eq!(
            strings(&mut database.client, "SELECT extname::text FROM pg_extension WHERE extname = 'todo'"),
            [""; 0]
        );
    }
}

/// A role that is not a superuser cannot lift the guard, even if it sets todo.guard before the library is loaded in the session.
#[test]
fn only_a_superuser_lifts_the_guard() {
    let mut database = owned();
    let role = format!("{}_app", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role} LOGIN; ALTER TABLE tasks OWNER TO {role}")).unwrap();
    let session = |options: &str| database.config().user(&role).options(options).connect(NoTls).unwrap();
    let change = "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey";
    for options in ["", "-c todo.guard=off"] {
        let mut client = session(options);
        for _ in 0..2 {
            assert_eq!(Failure::of(client.batch_execute(change)).code, "2BP01", "{options}");
        }
    }
    let mut client = session("");
    client.batch_execute("SET todo.guard = off").unwrap();
    assert_eq!(Failure::of(client.batch_execute(change)).code, "2BP01");
    assert_eq!(Failure::of(client.batch_execute("SET todo.guard = off")).code, "42501");
    drop(client);
    let role_goes = format!("ALTER TABLE tasks OWNER TO {}_owner; DROP ROLE {role}", database.name);
    database.client.batch_execute(&role_goes).unwrap();
    forget_owner(database);
}

/// A user who is created while the extension is being dropped is not lost, whatever snapshot the dropping session has.
#[test]
fn a_user_who_comes_last_is_seen() {
    let mut database = Database::new();
    let mut other = database.connect();
    let client = &mut database.client;
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class").unwrap();
    other.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    assert_eq!(Failure::of(client.batch_execute("DROP EXTENSION todo")).code, "2BP01");
    client.batch_execute("ROLLBACK").unwrap();

    other.batch_execute("BEGIN; INSERT INTO users (id, email, name) VALUES ('u2', 'b@b.cd', 'B')").unwrap();
    client.batch_execute("DELETE FROM users WHERE id = 'u1'").unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let dropping = scope.spawn(|| Failure::of(client.batch_execute("DROP EXTENSION todo")).code);
        until_it_waits(&mut other, pid);
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(dropping.join().unwrap(), "2BP01");
    });
    assert_eq!(strings(&mut other, "SELECT id FROM users"), ["u2"]);
}

#[test]
fn the_tables_keep_their_shape() {
    let mut database = Database::new();
    let client = &mut database.client;
    let mut changes: Vec<String> = ADDED_COLUMNS.iter().chain(&CHANGES).map(|&change| change.to_owned()).collect();
    client.batch_execute(&to_change("todo_owner")).unwrap();
    let spelled_out = changes.len();
    // Each constraint, index and trigger.
    changes.extend(changes_of_parts(client));
    let before = catalog(client);
    for change in &changes {
        assert_eq!(Failure::of(client.batch_execute(change)).code, "2BP01", "{change}");
    }
    assert_eq!(catalog(client), before);
    // Without the guard, each would have gone through.
    client.batch_execute("SET todo.guard = off").unwrap();
    for change in changes[..spelled_out].iter().filter(|change| !change.contains("CONCURRENTLY")) {
        client.batch_execute(&format!("BEGIN; {change}; ROLLBACK")).unwrap_or_else(|e| panic!("{change}: {e}"));
    }
    client.batch_execute(&changes[0]).unwrap();
    assert_ne!(catalog(client), before);
}

/// A role with the privilege TRIGGER can replace triggers, except the extension's.
#[test]
fn triggers_are_not_replaced() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {0}_role; GRANT TRIGGER ON users TO {0}_role; SET ROLE {0}_role",
            database.name
        ))
        .unwrap();
    let replace = "CREATE OR REPLACE TRIGGER zz_todo_before_row BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";
    assert_eq!(Failure::of(client.batch_execute(replace)).code, "2BP01");
    client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {0}_role; DROP ROLE {0}_role", database.name)).unwrap();
}

/// The owner of a schema may drop indexes in it, even of other roles' tables, except the extension's.
#[test]
fn the_schemas_owner_drops_no_part() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {0}_role; CREATE SCHEMA app AUTHORIZATION {0}_role; CREATE EXTENSION todo SCHEMA app; SET ROLE {0}_role",
            database.name
        ))
        .unwrap();
    for index in ["ix_users_email_folded", "ix_tasks_user_id"] {
        assert_eq!(Failure::of(client.batch_execute(&format!("DROP INDEX app.{index}"))).code, "2BP01", "{index}");
    }
    client
        .batch_execute(&format!("RESET ROLE; DROP OWNED BY {0}_role CASCADE; DROP ROLE {0}_role", database.name))
        .unwrap();
}

/// An unlogged sequence would be reset by a crash.
#[test]
fn the_sequence_outlives_a_crash() {
    let mut database = Database::new();
    let client = &mut database.client;
    assert_eq!(Failure::of(client.batch_execute("ALTER SEQUENCE tasks_id_seq SET UNLOGGED")).code, "2BP01");
}

/// If a column has got another type without the guard, the trigger raises an error, and does not crash.
#[test]
fn another_type_does_not_crash_the_server() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for (table, column, kind, row) in [
        ("tasks", "title", "int", "(user_id, title) VALUES ('u1', 1)"),
        ("tasks", "completed_at", "text", "(user_id, title) VALUES ('u1', 'x')"),
        ("tasks", "completed", "text", "(user_id, title, completed) VALUES ('u1', 'x', 'yes')"),
    ] {
        client
            .batch_execute(&format!(
                "BEGIN; SET LOCAL todo.guard = off; ALTER TABLE {table} DROP {column} CASCADE, ADD {column} {kind}"
            ))
            .unwrap();
        assert_eq!(Failure::of(client.batch_execute(&format!("INSERT INTO {table} {row}"))).code, "42804", "{column}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}

/// When the command gets its lock, the name means another table than before.
#[test]
fn a_table_that_slips_in_is_guarded() {
    let mut database = Database::with_users();
    let mut other = database.connect();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA a; CREATE TABLE a.tasks (LIKE tasks); SET search_path = a, public").unwrap();
    other.batch_execute("BEGIN; DROP TABLE a.tasks").unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let altering =
            scope.spawn(|| Failure::of(client.batch_execute("ALTER TABLE tasks DROP COLUMN description")).code);
        until_it_waits(&mut other, pid);
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(altering.join().unwrap(), "2BP01");
    });
}

/// Tables that were renamed without the guard are still the extension's.
#[test]
fn other_names_do_not_hide_the_tables() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute("SET todo.guard = off; ALTER TABLE users RENAME TO people; CREATE VIEW users AS TABLE people; RESET todo.guard")
        .unwrap();
    for drop in ["DROP EXTENSION todo CASCADE", "DROP SCHEMA public CASCADE"] {
        assert_eq!(Failure::of(database.connect().batch_execute(drop)).code, "2BP01", "{drop}");
    }
    assert_eq!(strings(&mut database.client, "SELECT id FROM people ORDER BY id"), ["u1", "u2"]);
}

#[test]
fn tasks_without_users_are_guarded_too() {
    let mut database = Database::with_users();
    let orphan = "SELECT todo_create_task('u1', 'x'); SET session_replication_role = replica; DELETE FROM users";
    database.client.batch_execute(orphan).unwrap();
    for role in ["origin", "replica"] {
        let drop = format!("SET session_replication_role = {role}; DROP EXTENSION todo");
        assert_eq!(Failure::of(database.connect().batch_execute(&drop)).code, "2BP01", "{role}");
    }
}

/// Commands that change nothing are allowed, and PostgreSQL's own errors stay as they are.
#[test]
fn what_changes_nothing_is_not_refused() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let before = catalog(client);
    for command in [
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text",
        "ALTER TABLE users DROP COLUMN IF EXISTS nothing_of_the_kind",
        "ALTER TABLE tasks ALTER description DROP NOT NULL",
        "ALTER TABLE tasks ALTER title SET NOT NULL",
        "ALTER TABLE tasks ALTER title SET STATISTICS 500",
        "ALTER SEQUENCE tasks_id_seq RESTART WITH 500",
        "CREATE PUBLICATION everything FOR TABLE users, tasks",
        "ALTER PUBLICATION everything SET (publish = 'insert')",
        "DROP PUBLICATION everything",
    ] {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    assert_eq!(catalog(client), before);
    client.batch_execute(&format!("CREATE ROLE {0}_nobody; SET ROLE {0}_nobody", database.name)).unwrap();
    for command in [
        "ALTER TABLE users ADD COLUMN image text",
        "DROP INDEX ix_users_email",
        "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey",
    ] {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "42501", "{command}");
    }
    client.batch_execute(&format!("RESET ROLE; DROP ROLE {}_nobody", database.name)).unwrap();
}

/// A command that adds something which dumps leave out gets a warning. Other commands get none.
#[test]
fn what_dumps_do_not_carry_is_told() {
    let database = Database::with_users();
    let warnings = Arc::new(Mutex::new(0));
    let count = warnings.clone();
    let mut client = database
        .config()
        .notice_callback(move |notice| *count.lock().unwrap() += i32::from(notice.severity() == "WARNING"))
        .connect(NoTls)
        .unwrap();
    let mut warned = |command: &str| {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
        std::mem::take(&mut *warnings.lock().unwrap())
    };
    warned("CREATE TABLE own (user_id varchar(36) REFERENCES users, note text)");
    for command in [
        "CREATE INDEX own_index ON tasks (title)",
        "CREATE INDEX ON tasks (title)",
        "CREATE INDEX CONCURRENTLY own_index_2 ON tasks (title)",
        "CREATE TRIGGER own_trigger AFTER DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE POLICY own_policy ON tasks",
        "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY",
        "CREATE RULE own_rule AS ON DELETE TO tasks DO ALSO NOTHING",
        "CREATE STATISTICS own_statistics ON user_id, title FROM tasks",
        "ALTER TABLE tasks ADD CONSTRAINT own_check CHECK (id > 0)",
        "ALTER TABLE tasks SET (fillfactor = 90), REPLICA IDENTITY FULL",
    ] {
        assert_eq!(warned(command), 1, "{command}");
    }
    for command in [
        "DROP INDEX own_index",
        "DROP TRIGGER own_trigger ON users",
        "ALTER TABLE tasks DROP CONSTRAINT own_check",
        "ALTER TABLE tasks DISABLE TRIGGER ALL",
        "ALTER TABLE tasks ENABLE TRIGGER ALL",
        "ALTER TABLE tasks OWNER TO CURRENT_USER",
        "ALTER TABLE tasks CLUSTER ON tasks_pkey",
        "CLUSTER tasks",
        "VACUUM FULL tasks",
        "REINDEX TABLE users",
        "REINDEX TABLE CONCURRENTLY tasks",
        "GRANT SELECT ON tasks TO pg_monitor",
        "REVOKE SELECT ON tasks FROM pg_monitor",
        "ANALYZE tasks",
        "CREATE TABLE copied (LIKE tasks INCLUDING ALL)",
        "ALTER TABLE own ADD COLUMN image text, ALTER COLUMN note SET NOT NULL",
        "ALTER TABLE own RENAME COLUMN image TO picture",
        "CREATE INDEX own_index ON own (note)",
        "DROP INDEX own_index",
        "DROP TABLE own, copied",
        "DROP TABLE IF EXISTS nothing_of_the_kind",
        "CREATE SCHEMA other CREATE TABLE users (id text) CREATE TABLE tasks (id text)",
        "ALTER TABLE other.users ADD COLUMN image text",
        "DROP SCHEMA other CASCADE",
        "TRUNCATE users CASCADE",
        "DROP EXTENSION todo",
    ] {
        assert_eq!(warned(command), 0, "{command}");
    }
}

/// What was dropped without the guard can be created again with the guard on, without a warning.
#[test]
fn parts_can_be_put_back() {
    let mut database = Database::new();
    let client: &mut Client = &mut database.client;
    let before = catalog(client);
    client.batch_execute("SET todo.guard = off; DROP INDEX ix_tasks_created_at; RESET todo.guard").unwrap();
    assert_ne!(catalog(client), before);
    client.batch_execute("CREATE INDEX ix_tasks_created_at ON tasks (created_at)").unwrap();
    assert_eq!(catalog(client), before);
}
