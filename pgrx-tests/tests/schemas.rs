//! The extension works in any schema, and with any search_path of the caller.

use postgres::Client;
use serde_json::Value;
use std::sync::LazyLock;
use todo_tests::functions::{Effect, functions, sample};
use todo_tests::{Database, Edition, Failure, strings, task, tasks};

/// Calls every function once, with the name of its schema, on rows that plain INSERTs create, so that both triggers run. The answers are
/// the same in every schema and with every search_path.
fn use_all(client: &mut Client, schema: &str) {
    static EXPECTED: LazyLock<Vec<String>> = LazyLock::new(|| answers(&mut Database::new().client, "public"));
    let answers = answers(client, schema);
    assert_eq!(answers.len(), EXPECTED.len(), "{schema}");
    for (answer, expected) in answers.iter().zip(&*EXPECTED) {
        assert_eq!(answer, expected, "{schema}");
    }
}

/// The answers of all functions.
fn answers(client: &mut Client, schema: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for function in functions().iter().filter(|function| function.is_todos()) {
        client.batch_execute(&format!("BEGIN; {}", sample(schema))).unwrap_or_else(|e| panic!("{schema}: {e:?}"));
        let call = function.call();
        let query = format!("SELECT pg_catalog.row_to_json(r)::text FROM (SELECT * FROM {schema}.{call}) AS r");
        let rows = strings(client, &query);
        answers.push(format!("{call} returns {} rows", rows.len()));
        // The answers of the others differ each time, or contain the name of the schema.
        if ["tasks", "todo_users", "boolean"].contains(&function.returns) || function.name == "todo_task_counts" {
            let same =
                |row: &String| format!("{call} returns {}", without_times(row, function.effect == Effect::Creates));
            answers.extend(rows.iter().map(same));
        }
        client.batch_execute("ROLLBACK").unwrap();
    }
    answers
}

/// A row without what differs each time: its times, and the id if it is new.
fn without_times(row: &str, is_new: bool) -> String {
    let mut row: serde_json::Map<String, Value> = serde_json::from_str(row).expect("an object");
    for (name, value) in &mut row {
        if !value.is_null() && (name.ends_with("_at") || (is_new && name == "id")) {
            *value = Value::from("given");
        }
    }
    Value::from(row).to_string()
}

#[test]
fn any_schema_and_any_search_path() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app").unwrap();
    for path in ["app", "public", "''", "app, public", "pg_temp, app", "nowhere"] {
        client.batch_execute(&format!("SET search_path = {path}")).unwrap();
        use_all(client, "app");
    }
    let failure = Failure::of(client.batch_execute("INSERT INTO app.tasks (user_id, title) VALUES ('me', ' ')"));
    assert_eq!(failure.fields(), ("23514", Some("title"), Some("tasks_title_check")));
}

#[test]
fn a_schema_name_that_needs_quotes() {
    let mut database = Database::empty();
    database
        .client
        .batch_execute(r#"CREATE SCHEMA "My App; Größe"; CREATE EXTENSION todo SCHEMA "My App; Größe""#)
        .unwrap();
    use_all(&mut database.client, r#""My App; Größe""#);
}

/// Objects with names of PostgreSQL's own come first in search_path and raise errors. They would be called if a name was not qualified.
#[test]
fn a_hostile_search_path() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app; CREATE SCHEMA evil;
             CREATE FUNCTION evil.caught() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'caught' USING ERRCODE = 'XX999'; END $$;
             CREATE FUNCTION evil.eq(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught() IS NULL';
             CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught() IS NULL';
             CREATE FUNCTION evil.eq(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught() IS NULL';
             CREATE FUNCTION evil.eq(int, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught() IS NULL';
             CREATE FUNCTION evil.eq(boolean, boolean) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught() IS NULL';
             CREATE OPERATOR evil.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = evil.eq);
             CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
             CREATE OPERATOR evil.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = evil.eq);
             CREATE OPERATOR evil.= (LEFTARG = int, RIGHTARG = bigint, FUNCTION = evil.eq);
             CREATE OPERATOR evil.= (LEFTARG = boolean, RIGHTARG = boolean, FUNCTION = evil.eq);
             CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
             CREATE OPERATOR evil.<> (LEFTARG = varchar, RIGHTARG = text, FUNCTION = evil.eq);
             CREATE FUNCTION evil.count() RETURNS bigint LANGUAGE sql AS 'SELECT length(evil.caught())::bigint';
             CREATE FUNCTION evil.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT evil.caught()';
             CREATE FUNCTION evil.char_length(text) RETURNS int LANGUAGE sql AS 'SELECT length(evil.caught())';
             CREATE FUNCTION evil.btrim(varchar) RETURNS text LANGUAGE sql AS 'SELECT evil.caught()';
             CREATE FUNCTION evil.gen_random_uuid() RETURNS uuid LANGUAGE sql AS 'SELECT evil.caught()::uuid';
             CREATE TABLE evil.tasks (id text); CREATE TABLE evil.users (id text);
             SET search_path = evil, app, pg_catalog",
        )
        .unwrap();
    let caught = Failure::of(client.query("SELECT 'x'::varchar = 'y'::text", &[]));
    assert_eq!(caught.code, "XX999", "the trap works");
    use_all(client, "app");

    // The same in the extension's own schema, where its install script would find them first.
    client
        .batch_execute("RESET search_path; DROP EXTENSION todo; DROP SCHEMA app; DROP TABLE evil.tasks, evil.users; ALTER SCHEMA evil RENAME TO app")
        .unwrap();
    for function in client
        .query("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND prosrc LIKE '%evil.%'", &[])
        .unwrap()
    {
        let definition = function.get::<_, String>(0).replace("evil.", "app.");
        client.batch_execute(&definition).unwrap();
    }
    let caught = Failure::of(client.query("SELECT app.btrim('x'::varchar)", &[]));
    assert_eq!(caught.code, "XX999", "the trap works");
    client.batch_execute("CREATE EXTENSION todo SCHEMA app; SET search_path = app, pg_catalog").unwrap();
    use_all(client, "app");
}

/// If the extension is dropped and created again, a session does not use the plans and tables of the old one.
#[test]
fn drop_and_create_again_in_one_session() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA app").unwrap();
    for schema in ["public", "public", "app", "public", "app"] {
        client.batch_execute(&format!("CREATE EXTENSION todo SCHEMA {schema}")).unwrap();
        use_all(client, schema);
        use_all(client, schema);
        client.batch_execute("DROP EXTENSION todo").unwrap();
        let left: i64 = client
            .query_one("SELECT count(*) FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')", &[])
            .unwrap()
            .get(0);
        assert_eq!(left, 0);
    }
}

#[test]
fn writes_follow_a_renamed_schema() {
    let mut database = Database::empty();
    let mut other = database.connect();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app").unwrap();
    client.batch_execute("INSERT INTO app.users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    task(client, "SELECT * FROM app.todo_create_task('u1', 'one')", &[]);
    task(&mut other, "SELECT * FROM app.todo_toggle_task(1, 'u1')", &[]);
    assert_eq!(Failure::of(client.batch_execute("ALTER SCHEMA app RENAME TO application")).code, "2BP01");
    client.batch_execute("SET todo.guard = off; ALTER SCHEMA app RENAME TO application").unwrap();
    assert_eq!(task(client, "SELECT * FROM application.todo_create_task('u1', 'two')", &[]).id, 2);
    assert!(!task(&mut other, "SELECT * FROM application.todo_toggle_task(1, 'u1')", &[]).completed);
    // When the transaction is rolled back, the schema has its old name again.
    client.batch_execute("BEGIN; ALTER SCHEMA application RENAME TO third").unwrap();
    assert_eq!(task(client, "SELECT * FROM third.todo_create_task('u1', 'three')", &[]).id, 3);
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(task(client, "SELECT * FROM application.todo_create_task('u1', 'four')", &[]).id, 4);
}

/// If the extension is dropped by a query that is calling its functions, the query fails, and the server goes on.
#[test]
fn dropped_while_in_use() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("INSERT INTO tasks (user_id, title) SELECT 'u1', 'x' FROM generate_series(1, 200)").unwrap();
    let failure = Failure::of(client.batch_execute(
        "SET todo.guard = off;
         DO $$ DECLARE r record; n int := 0; BEGIN
             FOR r IN SELECT todo_toggle_task(i, 'u1') FROM generate_series(1, 200) AS i LOOP
                 n := n + 1;
                 IF n = 1 THEN DROP EXTENSION todo; END IF;
             END LOOP;
         END $$",
    ));
    assert_eq!(failure.code, "42883");
    assert_eq!(tasks(client, "SELECT * FROM todo_list_tasks('u1')", &[]).len(), 200, "the same session goes on");
}

/// A rewrite rule may replace our statement by one that returns no rows.
#[test]
fn a_rewrite_rule_on_the_table() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE TABLE l1 AS SELECT * FROM tasks; CREATE TABLE l2 AS SELECT * FROM tasks;
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x');
             INSERT INTO l1 SELECT * FROM tasks; INSERT INTO l2 SELECT * FROM tasks;
             CREATE RULE r AS ON UPDATE TO tasks DO INSTEAD (
                 UPDATE l1 SET title = NEW.title WHERE id = OLD.id RETURNING l1.*;
                 UPDATE l2 SET title = NEW.title WHERE id = OLD.id);
             -- A rule has the rights of the table's owner.
             GRANT ALL ON l1, l2 TO todo_owner",
        )
        .unwrap();
    client.query("SELECT * FROM todo_update_task(1, 'u1', 'y')", &[]).unwrap();
    let titles = client.query_one("SELECT l1.title || l2.title FROM l1, l2", &[]).unwrap();
    assert_eq!(titles.get::<_, &str>(0), "yy");
}

/// Triggers of the application fire before ours, so the rules apply to what they make of a row, and their NOW() becomes UTC.
#[test]
fn an_applications_triggers_bypass_no_rule() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
             CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email := 'spoilt'; RETURN NEW; END $$;
             CREATE TRIGGER update_tasks_updated_at BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION stamp();
             CREATE TRIGGER users_normalise BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION spoil();
             SET TimeZone = 'Asia/Tokyo'; SELECT todo_create_task('u1', 'x')",
        )
        .unwrap();
    let utc = "SELECT updated_at = now() AT TIME ZONE 'UTC' FROM todo_update_task(1, 'u1', 'y')";
    assert!(client.query_one(utc, &[]).unwrap().get::<_, bool>(0));
    let failure = Failure::of(client.execute("UPDATE users SET name = 'B' WHERE id = 'u1'", &[]));
    assert_eq!(failure.fields(), ("23514", Some("email"), Some("users_email_check")));
    assert_eq!(failure.detail, None);
}

/// A table that was adopted or repaired may have had more columns before.
#[test]
fn a_dropped_column_is_in_nobodys_way() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE EXTENSION todo; SET todo.guard = off;
             ALTER TABLE users ADD COLUMN extra int DEFAULT 1; ALTER TABLE tasks ADD COLUMN extra int DEFAULT 1;
             INSERT INTO users (id, email, name, updated_at) VALUES ('old', 'old@b.cd', 'A', '2020-01-01');
             INSERT INTO tasks (id, user_id, title, updated_at) VALUES (99, 'old', 'x', '2020-01-01');
             ALTER TABLE users DROP COLUMN extra; ALTER TABLE tasks DROP COLUMN extra",
        )
        .unwrap();
    use_all(client, "public");
    let before = task(client, "SELECT * FROM todo_get_task(99, 'old')", &[]);
    let after = task(client, "SELECT * FROM todo_complete_task(99, 'old', false)", &[]);
    assert_eq!(after, before, "what an old row still has there is no change");
}

#[test]
fn only_in_a_utf_8_database() {
    let mut database = Database::created_with("ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    let install = Edition::current().install(&database.name);
    // The error's statement must not be in the log.
    database.client.batch_execute("SET log_min_error_statement = panic").unwrap();
    assert_eq!(Failure::of(database.client.batch_execute(&install)).code, "0A000");
}

#[test]
fn trigger_functions_refuse_other_uses() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("CREATE TABLE other (id int, title text)").unwrap();
    for (timing, code) in [
        ("AFTER INSERT ON other FOR EACH ROW", "39P01"),
        ("BEFORE INSERT ON other FOR EACH STATEMENT", "39P01"),
        ("BEFORE INSERT ON other FOR EACH ROW", "42703"),
    ] {
        client
            .batch_execute(&format!("CREATE TRIGGER t {timing} EXECUTE FUNCTION todo_internal.tasks_before_row()"))
            .unwrap();
        assert_eq!(Failure::of(client.batch_execute("INSERT INTO other VALUES (1, 'x')")).code, code, "{timing}");
        client.batch_execute("DROP TRIGGER t ON other").unwrap();
    }
    let failure = Failure::of(client.batch_execute("SELECT todo_internal.tasks_before_row()"));
    assert_eq!(failure.code, "39P01");
}
