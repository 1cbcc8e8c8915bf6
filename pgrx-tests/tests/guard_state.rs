//! The guard judges the state after a command, whatever the command is and whatever runs within it.

use todo_tests::{Database, Failure, catalog, strings};

/// Two functions that run commands: one whose command is refused, and one that survives its own refused commands.
const FUNCTIONS: &str = "
    CREATE TABLE own (id integer PRIMARY KEY, note text);
    INSERT INTO own VALUES (1, 'x');
    CREATE FUNCTION refused() RETURNS integer LANGUAGE plpgsql AS
        $$ BEGIN ALTER TABLE public.tasks ADD COLUMN due date; RETURN 1; END $$;
    CREATE FUNCTION survives() RETURNS integer LANGUAGE plpgsql AS $$
    BEGIN
        FOR i IN 1..3 LOOP
            BEGIN
                ALTER TABLE public.tasks ADD COLUMN due date;
            EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
            END;
        END LOOP;
        CREATE TABLE public.made (id integer);
        DROP TABLE public.made;
        RETURN 1;
    END $$";

#[test]
fn commands_within_commands_are_judged_each() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute(FUNCTIONS).unwrap();
    let before = catalog(client);
    for command in [
        "SELECT refused()",
        "CREATE TABLE made AS SELECT refused()",
        "CREATE MATERIALIZED VIEW made AS SELECT refused()",
        "ALTER TABLE own ADD COLUMN extra integer DEFAULT refused()",
        "ALTER TABLE own ALTER id TYPE bigint USING refused()",
        "CREATE SCHEMA kids CREATE TABLE kid () INHERITS (public.users)",
        "DO $$ BEGIN PERFORM survives(); ALTER TABLE tasks ADD COLUMN due date; END $$",
        // The outer command is refused although others have run, and failed, within it.
        "ALTER TABLE users ADD COLUMN extra integer DEFAULT survives()",
        "ALTER TABLE users DROP CONSTRAINT users_name_check, ADD CONSTRAINT own_check CHECK (survives() = 1)",
        "ALTER TABLE users ALTER hashed_password TYPE text USING hashed_password || survives()",
    ] {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "2BP01", "{command}");
        assert_eq!(catalog(client), before, "{command}");
    }
    for command in [
        "SELECT survives()",
        "CREATE TABLE more AS SELECT survives()",
        "ALTER TABLE own ADD COLUMN extra integer DEFAULT survives()",
        "BEGIN; SELECT survives(); ALTER TABLE own ADD COLUMN again integer; DROP TABLE own; COMMIT",
    ] {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    assert_eq!(catalog(client), before);
}

/// What a failed command has touched does not count for a later one.
#[test]
fn failed_commands_leave_nothing() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("BEGIN").unwrap();
    for _ in 0..3 {
        client.batch_execute("SAVEPOINT s").unwrap();
        for failing in
            ["ALTER TABLE users ADD COLUMN due date", "ALTER TABLE tasks ADD CHECK (id < 0), ADD CHECK (nothing)"]
        {
            assert!(client.batch_execute(failing).is_err());
            client.batch_execute("ROLLBACK TO s").unwrap();
        }
        // A superuser changes the table without the guard. When it is on again, other commands are allowed.
        client
            .batch_execute(
                "SET LOCAL todo.guard = off; ALTER TABLE users ADD COLUMN due date; SET LOCAL todo.guard = on;
                 CREATE TABLE own (id integer, user_id varchar(36) REFERENCES users); DROP TABLE own;
                 SET LOCAL todo.guard = off; ALTER TABLE users DROP COLUMN due; SET LOCAL todo.guard = on",
            )
            .unwrap();
    }
    client.batch_execute("COMMIT; ALTER EXTENSION todo UPDATE TO '0.2.0'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(Failure::of(client.batch_execute("ALTER TABLE users ADD COLUMN due date")).code, "2BP01");
}

/// If something is wrong already, commands that do not make it worse are allowed, and others are refused.
#[test]
fn what_was_wrong_before_is_in_nobodys_way() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE TABLE parent (LIKE tasks);
             SET todo.guard = off; ALTER TABLE users ADD COLUMN due date; DROP INDEX ix_tasks_created_at;
             ALTER TABLE users DROP CONSTRAINT users_name_check; ALTER TABLE tasks SET UNLOGGED; ALTER SEQUENCE tasks_id_seq CYCLE;
             ALTER TABLE tasks INHERIT parent; RESET todo.guard",
        )
        .unwrap();
    for command in [
        "CREATE TABLE own (user_id varchar(36) REFERENCES users)",
        "CREATE INDEX own_index ON tasks (title)",
        "ALTER TABLE users ALTER name SET STATISTICS 100",
        "ALTER TABLE tasks SET LOGGED, NO INHERIT parent",
        "ALTER TABLE users ADD CONSTRAINT users_name_check CHECK (name <> '') NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT users_name_check",
        "CREATE INDEX ix_tasks_created_at ON tasks (created_at)",
    ] {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    for command in [
        "ALTER TABLE users ADD COLUMN another date",
        "ALTER TABLE users DROP COLUMN due",
        "DROP INDEX ix_tasks_created_at",
        "ALTER TABLE tasks SET UNLOGGED",
        "ALTER TABLE tasks INHERIT parent",
        "ALTER SEQUENCE tasks_id_seq MINVALUE -3",
        "ALTER TABLE users DROP CONSTRAINT users_name_check",
    ] {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "2BP01", "{command}");
    }
}

/// A change of columns is refused before PostgreSQL reads the rows, which may be many, or not fit.
#[test]
fn columns_are_judged_before_rows_are_read() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("SELECT todo_create_task('u1', 'x'); CREATE SEQUENCE read").unwrap();
    for change in [
        "ALTER TABLE tasks ALTER description SET NOT NULL",
        "ALTER TABLE tasks ALTER title TYPE text USING nextval('read')::text",
        "ALTER TABLE tasks ALTER id TYPE smallint USING 1000000 + id",
        "ALTER TABLE tasks ADD COLUMN due bigint DEFAULT nextval('read')",
        "ALTER TABLE tasks ADD COLUMN due date NOT NULL",
    ] {
        assert_eq!(Failure::of(client.batch_execute(change)).code, "2BP01", "{change}");
    }
    assert_eq!(strings(client, "SELECT is_called::text FROM read"), ["false"]);
}

/// A command may drop a constraint and create it again, but only as it was.
#[test]
fn the_same_again_is_no_change() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let before = catalog(client);
    let constraint = "tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)";
    let again = format!("ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey, ADD CONSTRAINT {constraint}");
    client.batch_execute(&format!("{again} ON DELETE CASCADE")).unwrap();
    assert_eq!(catalog(client), before);
    let within = format!("{again} ON DELETE CASCADE, ALTER title SET STATISTICS 100");
    client.batch_execute(&within).unwrap();
    assert_eq!(catalog(client), before);
    for other in ["", " ON DELETE SET NULL", " ON DELETE CASCADE DEFERRABLE", " ON UPDATE CASCADE ON DELETE CASCADE"] {
        assert_eq!(Failure::of(client.batch_execute(&format!("{again}{other}"))).code, "2BP01", "{other}");
    }
    let check = "ALTER TABLE users DROP CONSTRAINT users_name_check, ADD CONSTRAINT users_name_check CHECK (true)";
    assert_eq!(Failure::of(client.batch_execute(check)).code, "2BP01");
    assert_eq!(catalog(client), before);
}

/// Foreign keys from and to our tables are allowed, also those of partitioned tables.
#[test]
fn references_of_every_kind_are_let_through() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for command in [
        "CREATE TABLE own (user_id varchar(36) REFERENCES users, task_id integer REFERENCES tasks ON DELETE CASCADE)",
        "CREATE TABLE parted (id integer, user_id varchar(36) REFERENCES users) PARTITION BY RANGE (id)",
        "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE parted_2 (id integer, user_id varchar(36))",
        "ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE parted DETACH PARTITION parted_1",
        "CREATE TABLE teams (id varchar(36) PRIMARY KEY, lead varchar(36) REFERENCES users)",
        "INSERT INTO teams SELECT id, id FROM users",
        "ALTER TABLE users ADD CONSTRAINT own_key FOREIGN KEY (id) REFERENCES teams (id) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE users ADD CONSTRAINT own_self FOREIGN KEY (id) REFERENCES users (id)",
        "ALTER TABLE users DROP CONSTRAINT own_key, DROP CONSTRAINT own_self",
        "DROP TABLE own, parted, parted_1, teams",
    ] {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Constraints and indexes are known by table and name. If another table has one of that name, it is the application's.
#[test]
fn parts_of_one_table_are_not_those_of_another() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let not_in_dumps = "SELECT object FROM todo_not_in_dumps() ORDER BY object";
    client
        .batch_execute(
            "ALTER TABLE users ADD CONSTRAINT ix_tasks_user_id CHECK (id <> 'q');
             ALTER TABLE tasks ADD CONSTRAINT users_name_check CHECK (title <> 'q')",
        )
        .unwrap();
    assert_eq!(strings(client, not_in_dumps).len(), 2);
    client
        .batch_execute(
            "ALTER TABLE users DROP CONSTRAINT ix_tasks_user_id; ALTER TABLE tasks DROP CONSTRAINT users_name_check",
        )
        .unwrap();
    assert_eq!(strings(client, not_in_dumps), [""; 0]);
    for dropped in ["ALTER TABLE users DROP CONSTRAINT users_name_check", "DROP INDEX ix_tasks_user_id"] {
        assert_eq!(Failure::of(client.batch_execute(dropped)).code, "2BP01", "{dropped}");
    }
}

/// The triggers must stay dependent on todo_auth. Otherwise, DROP EXTENSION todo_auth would fail.
#[test]
fn triggers_stay_dependent_on_their_extension() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    let released = "ALTER TRIGGER todo_auth_deactivated ON users NO DEPENDS ON EXTENSION todo_auth";
    assert_eq!(Failure::of(client.batch_execute(released)).code, "2BP01");
    client.batch_execute("DROP EXTENSION todo_auth").unwrap();
}

/// A former superuser who created todo_auth cannot drop it as long as there are sessions.
#[test]
fn a_former_superuser_drops_no_companion_with_rows() {
    let mut database = Database::with_users();
    let role = database.role("creator");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "ALTER ROLE {role} SUPERUSER; SET ROLE {role}; CREATE EXTENSION todo_auth; RESET ROLE; ALTER ROLE {role} NOSUPERUSER"
        ))
        .unwrap();
    client
        .batch_execute(
            r#"INSERT INTO todo_auth.session (id, "expiresAt", token, "createdAt", "updatedAt", "userId")
               SELECT 's', now() + interval '1 day', 't', now(), now(), id FROM users LIMIT 1"#,
        )
        .unwrap();
    client.batch_execute(&format!("SET ROLE {role}")).unwrap();
    for command in
        ["DROP EXTENSION todo_auth", "DROP EXTENSION todo_auth CASCADE", "DROP OWNED BY CURRENT_USER CASCADE"]
    {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "2BP01", "{command}");
    }
    client.batch_execute("RESET ROLE").unwrap();
    let altered = "ALTER TABLE todo_auth.session ADD COLUMN own text";
    assert_eq!(Failure::of(client.batch_execute(altered)).code, "2BP01");
    client.batch_execute("DELETE FROM todo_auth.session; DROP EXTENSION todo_auth").unwrap();
}

/// If a superuser renames a function that the guard needs, the guard refuses commands on the tables.
#[test]
fn the_guard_is_not_blinded() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("ALTER FUNCTION todo_internal.expected() RENAME TO other").unwrap();
    for command in ["ALTER TABLE users DROP CONSTRAINT users_name_check", "CREATE INDEX own ON tasks (title)"] {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "55000", "{command}");
    }
    client.batch_execute("CREATE TABLE own (); ALTER FUNCTION todo_internal.other() RENAME TO expected").unwrap();
    client.batch_execute("CREATE INDEX own_index ON tasks (title)").unwrap();
}
