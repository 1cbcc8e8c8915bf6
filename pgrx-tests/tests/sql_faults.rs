//! If a script of the SQL edition fails, at whatever command, it changes nothing, and succeeds the next time.

use postgres::Client;
use todo_tests::edition::{older, script};
use todo_tests::moves::state;
use todo_tests::{Database, Edition, Failure, TO_ADOPT, strings};

/// The number of commands at which each script is made to fail: the first, the last, and others at equal distances between them.
const FAULTS: usize = 8;

/// More commands than any script has.
const NEVER: usize = 1_000_000;

/// Fails at the start of the command before which `fault.after` others have run. When the script fails, the count is rolled back as well.
const EVENT_TRIGGER: &str = "
    CREATE SCHEMA fault;
    CREATE FUNCTION fault.strike() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        rest CONSTANT integer := coalesce(nullif(current_setting('fault.after', true), ''), '1000000');
    BEGIN
        IF rest = 0 THEN
            RAISE EXCEPTION 'fault' USING ERRCODE = 'TF001';
        END IF;
        PERFORM set_config('fault.after', (rest - 1)::text, false);
    END $$;
    CREATE EVENT TRIGGER fault ON ddl_command_start EXECUTE FUNCTION fault.strike()";

/// A database with the event trigger and pgcrypto, which belongs to the role that installs.
fn prepared() -> Database {
    let mut database = Database::empty();
    let owner = Edition::Sql.owner(&database.name);
    let prepare = format!(
        "CREATE ROLE {owner}; ALTER DATABASE {} OWNER TO {owner}; CREATE EXTENSION pgcrypto; {EVENT_TRIGGER};
         SET log_min_error_statement = panic",
        database.name
    );
    database.client.batch_execute(&prepare).unwrap();
    database
}

/// All objects with their definitions, and the rows of all tables that may exist.
fn everything(client: &mut Client) -> Vec<String> {
    let definitions = strings(
        client,
        "SELECT concat_ws(' ', 'function', oid, md5(p::text)) FROM pg_proc AS p WHERE oid >= 16384
         UNION ALL SELECT concat_ws(' ', 'column', attrelid, attnum, md5(a::text)) FROM pg_attribute AS a WHERE attrelid >= 16384
         UNION ALL SELECT concat_ws(' ', 'constraint', oid, md5(c::text)) FROM pg_constraint AS c WHERE oid >= 16384
         UNION ALL SELECT concat_ws(' ', 'trigger', oid, md5(t::text)) FROM pg_trigger AS t
         UNION ALL SELECT concat_ws(' ', 'event trigger', oid, md5(e::text)) FROM pg_event_trigger AS e
         UNION ALL SELECT concat_ws(' ', 'rule', oid, md5(r::text)) FROM pg_rewrite AS r WHERE oid >= 16384
         UNION ALL SELECT concat_ws(' ', 'schema', oid, md5(n::text)) FROM pg_namespace AS n WHERE nspname !~ '^pg_'
         ORDER BY 1",
    );
    let mut all = [state(client), definitions].concat();
    for table in ["users", "tasks", "todo_internal.installed", "todo_internal.setting", "todo_auth.session"] {
        if !strings(client, &format!("SELECT '' WHERE to_regclass('{table}') IS NOT NULL")).is_empty() {
            all.extend(strings(client, &format!("SELECT concat_ws(' ', '{table}', t) FROM {table} AS t ORDER BY 1")));
        }
    }
    all
}

/// Runs a script as a role. It is made to fail at several commands before it may succeed.
fn fails_without_a_trace(client: &mut Client, role: &str, script: &str) {
    client.batch_execute(&format!("SET ROLE {role}")).unwrap();
    let before = everything(client);
    client.batch_execute(&format!("SET fault.after = {NEVER}; BEGIN")).unwrap();
    client.batch_execute(script).unwrap_or_else(|e| panic!("{}: {e:?}", title(script)));
    let rest: usize = strings(client, "SHOW fault.after")[0].parse().unwrap();
    client.batch_execute("ROLLBACK").unwrap();
    let commands = NEVER - rest;
    assert!(commands > FAULTS, "{}: {commands} commands", title(script));
    for fault in (0..FAULTS).map(|number| number * (commands - 1) / (FAULTS - 1)) {
        client.batch_execute(&format!("SET fault.after = {fault}")).unwrap();
        let label = format!("{}, command {fault} of {commands}", title(script));
        assert_eq!(Failure::of(client.batch_execute(script)).code, "TF001", "{label}");
        assert!(everything(client) == before, "{label}");
    }
    client.batch_execute(&format!("SET fault.after = {NEVER}")).unwrap();
    client.batch_execute(script).unwrap_or_else(|e| panic!("{}: {e:?}", title(script)));
    assert!(everything(client) != before, "{}", title(script));
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{}", title(script));
    client.batch_execute("RESET ROLE").unwrap();
}

/// The beginning of the script's first comment.
fn title(script: &str) -> &str {
    script.split(',').next().unwrap_or_default()
}

/// What is there before an update.
const ROWS: &str = "
    INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A');
    INSERT INTO tasks (user_id, title, completed) SELECT 'u1', 'Task ' || i, i % 2 = 0 FROM generate_series(1, 20) AS i";

#[test]
fn an_installation_that_fails_changes_nothing() {
    let mut database = prepared();
    let owner = Edition::Sql.owner(&database.name);
    let client = &mut database.client;
    for part in ["todo", "todo_auth"] {
        fails_without_a_trace(client, &owner, script(part));
    }
    client.batch_execute(ROWS).unwrap();
    // The second time, the script replaces the guard.
    for _ in 0..2 {
        fails_without_a_trace(client, "postgres", script("todo_guard"));
    }
}

#[test]
fn an_update_that_fails_changes_nothing() {
    let mut database = prepared();
    let owner = Edition::Sql.owner(&database.name);
    let client = &mut database.client;
    let install = format!("SET ROLE {owner}; {}; {}; RESET ROLE; {ROWS}", older(), script("todo_auth"));
    client.batch_execute(&install).unwrap();
    client.batch_execute("UPDATE todo_internal.installed SET version = '1.0.9' WHERE name = 'todo_auth'").unwrap();
    for part in ["todo", "todo_auth"] {
        fails_without_a_trace(client, &owner, script(part));
    }
}

#[test]
fn an_adoption_that_fails_changes_nothing() {
    let mut database = prepared();
    let owner = Edition::Sql.owner(&database.name);
    let client = &mut database.client;
    let made = format!(
        "SET ROLE {owner}; {}; RESET ROLE; SET todo.adopt = on;
         INSERT INTO users VALUES ('u1', 'a@b.cd', ' A ', '!', '2020-01-01', '2020-01-02', true, false);
         INSERT INTO tasks (user_id, title, completed, created_at, updated_at) VALUES ('u1', ' x ', true, '2020-01-01', '2020-01-02')",
        TO_ADOPT[1].1
    );
    client.batch_execute(&made).unwrap();
    fails_without_a_trace(client, &owner, script("todo"));
}
