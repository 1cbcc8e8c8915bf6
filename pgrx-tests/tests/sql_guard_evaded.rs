//! Attempts to get around the guard of the SQL edition: by old snapshots, rules, comments and names.

use todo_tests::attack::{Attack, outcome};
use todo_tests::edition::script;
use todo_tests::sql_guard::{both, goes_on, is_refused, owner, state, todo};
use todo_tests::{Database, Edition, Failure, strings};

/// A transaction that began before the guard was installed does not see what the guard remembers. Its commands are refused, too.
#[test]
fn a_snapshot_older_than_the_guard() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    for (level, command) in [
        ("REPEATABLE READ", "DROP TABLE users, tasks CASCADE"),
        ("SERIALIZABLE", "DROP TABLE users, tasks CASCADE"),
        ("REPEATABLE READ", "DO $$ BEGIN DROP TABLE users, tasks CASCADE; END $$"),
        ("REPEATABLE READ", "ALTER TABLE tasks DROP COLUMN description"),
        ("REPEATABLE READ", "ALTER TABLE users DISABLE TRIGGER USER"),
        ("REPEATABLE READ", "DROP INDEX ix_tasks_user_id"),
        ("REPEATABLE READ", "DROP FUNCTION todo_check()"),
        ("REPEATABLE READ", "DROP SCHEMA todo_internal CASCADE"),
    ] {
        let mut earlier = database.connect_as(&format!("{}_installer", database.name));
        earlier.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        database.client.batch_execute(script("todo_guard")).unwrap();
        let outcome = outcome(&mut earlier, command);
        assert!(["25001", "2BP01"].contains(&outcome.as_str()), "{level}, {command}: {outcome}");
        drop(earlier);
        database.client.batch_execute("DROP SCHEMA todo_guard CASCADE").unwrap();
    }
    assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["u1"]);
}

/// A view is a rule named _RETURN. CREATE OR REPLACE RULE cannot change a view of todo.
#[test]
fn views_are_not_replaced_by_rules() {
    let mut database = both();
    let before = state(&mut database.client);
    let client = &mut database.connect_as(&owner(&database));
    for rule in [
        "CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO todo_users DO INSTEAD
             SELECT id, email, name, created_at, updated_at, true AS is_active, email_verified FROM users",
        "DO $$ BEGIN
             CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO public.todo_users DO INSTEAD
                 SELECT id, email, name, created_at, updated_at, true AS is_active, email_verified FROM public.users;
         END $$",
        "CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO todo_auth.account DO INSTEAD
             SELECT a.* FROM (SELECT (NULL::todo_auth.account).*) AS a",
        // The view must not read with other rights either.
        "ALTER VIEW todo_users SET (security_invoker = on)",
    ] {
        is_refused(client, rule);
    }
    // Views of the application can be changed in this way.
    goes_on(
        client,
        "CREATE VIEW own AS SELECT 1 AS x;
         CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO own DO INSTEAD SELECT 2 AS x; ALTER VIEW own SET (security_invoker = on);
         DROP VIEW own",
    );
    assert_eq!(state(&mut database.client), before);
}

/// DROP INDEX CONCURRENTLY has committed by the time when commands are judged. So the guard reads its text before, and understands comments
/// and quotes as PostgreSQL does.
#[test]
fn comments_hide_no_index() {
    let mut database = todo();
    let before = state(&mut database.client);
    let client = &mut database.connect_as(&owner(&database));
    // The command first marks the index as invalid, in a transaction of its own.
    let damaged = "SELECT i.indexrelid::regclass::text FROM pg_index AS i
         WHERE NOT (i.indisvalid AND i.indislive AND i.indisready)";
    for command in [
        "DROP INDEX /**/ CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX/**/CONCURRENTLY/**/ix_tasks_user_id",
        "DROP /* x */ INDEX CONCURRENTLY ix_tasks_user_id",
        "/* x */ DROP INDEX CONCURRENTLY ix_tasks_user_id",
        "-- x\nDROP INDEX CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX -- x\n CONCURRENTLY ix_tasks_user_id",
        "DROP -- /*\n INDEX -- */\n CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX /* a /* b */ c */ CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX /* a /* b */ DROP INDEX own; */ CONCURRENTLY /* /**/ */ ix_tasks_user_id",
        "DROP INDEX /* ' \" $$ -- */ CONCURRENTLY ix_tasks_user_id -- ' \" $$ /*",
        "drop index concurrently /**/ if /**/ exists /**/ public /**/ . /**/ ix_tasks_user_id /**/ restrict",
        "DROP INDEX CONCURRENTLY IF EXISTS -- own\n ix_tasks_user_id",
        "DROP INDEX\u{c}CONCURRENTLY\r\n\tix_tasks_user_id",
        "DROP INDEX /**/ CONCURRENTLY \"ix_tasks_user_id\"",
        "DROP INDEX CONCURRENTLY U&\"ix\\005ftasks_user_id\"",
        "DROP INDEX /**/ CONCURRENTLY U&\"ix!005ftasks_user_id\" /**/ UESCAPE /**/ '!'",
    ] {
        is_refused(client, command);
        assert_eq!(strings(client, damaged), [""; 0], "{command}");
    }
    for command in [
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX /**/ CONCURRENTLY own",
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX CONCURRENTLY /* ix_tasks_user_id */ own -- ix_tasks_user_id",
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX /* CONCURRENTLY ix_tasks_user_id */ own",
    ] {
        goes_on(client, command);
    }
    assert_eq!(state(&mut database.client), before);
}

/// If another role has a schema of the guard's name, the script fails, and does not advise the superuser to become that role.
#[test]
fn a_schema_of_its_name_is_not_taken_for_the_guard() {
    for contents in [
        "SELECT 1",
        "CREATE FUNCTION todo_guard.judge() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COMMENT ON SCHEMA todo_guard IS 'todo_guard 1.1.0'",
    ] {
        let mut attack = Attack::on(todo());
        attack.prepare(&format!(
            "DROP SCHEMA todo_guard CASCADE; GRANT CREATE ON DATABASE {} TO ~",
            attack.database.name
        ));
        assert_eq!(attack.attempt(&format!("CREATE SCHEMA todo_guard; {contents}")), "ok");
        let failure = Failure::of(attack.database.client.batch_execute(script("todo_guard")));
        assert_eq!(failure.code, "42P06", "{contents}");
        assert!(!failure.hint.as_deref().unwrap_or_default().contains("SET ROLE"), "{contents}: {failure:?}");
        attack.failed();
    }
}
