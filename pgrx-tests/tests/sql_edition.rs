//! The SQL edition: installing, updating, adopting, releasing and checking it.

use postgres::NoTls;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use todo_tests::edition::{older, released, released_script, script};
use todo_tests::{Database, Edition, Failure, TO_ADOPT, current_version, rows, strings};

/// A database with both parts of the SQL edition and a user, whichever edition TODO_EDITION names.
fn installed() -> Database {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    database
}

/// All objects in the database that do not belong to PostgreSQL or pgcrypto.
const OBJECTS: &str = "SELECT DISTINCT pg_describe_object(o.classid, o.objid, 0)
     FROM pg_depend AS o
     WHERE o.objid >= 16384 AND o.deptype <> 'i' AND o.classid <> 'pg_extension'::regclass AND pg_describe_object(o.classid, o.objid, 0) !~ 'pg_toast' AND NOT EXISTS (
         SELECT FROM pg_depend AS d WHERE (d.classid, d.objid, d.deptype) = (o.classid, o.objid, 'e')
     )
     ORDER BY 1";

/// Keeps a script that fails out of the server log, which is searched for hashes: parts of it look like the beginning of one.
const UNLOGGED: &str = "SET log_min_error_statement = panic";

/// Scripts contain nothing that a client would take for a parameter.
#[test]
fn no_client_finds_a_parameter_in_a_script() {
    let colon = |text: &str| {
        let bytes = text.as_bytes();
        (1..bytes.len() - 1).any(|i| {
            let (before, after) = (bytes[i - 1], bytes[i + 1]);
            // The form of a parameter in SQLAlchemy's text().
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
            bytes[i] == b':' && !is_word(before) && before != b':' && before != b'\\' && is_word(after)
        })
    };
    for part in ["todo", "todo_auth", "todo_guard"] {
        let found: Vec<&str> = script(part).lines().filter(|line| colon(&format!(" {line} "))).collect();
        assert_eq!(found, [""; 0], "{part}");
    }
}

/// A client may send them in another encoding than they are written in.
#[test]
fn scripts_mean_the_same_in_every_encoding() {
    for part in ["todo", "todo_auth", "todo_guard"] {
        let other: Vec<&str> = script(part).lines().filter(|line| !line.is_ascii()).collect();
        assert_eq!(other, [""; 0], "{part}");
    }
}

#[test]
fn the_check_finds_nothing() {
    let mut database = installed();
    assert_eq!(strings(&mut database.client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Functions with the owner's rights find PostgreSQL's own functions and operators first.
#[test]
fn definers_have_a_search_path_of_their_own() {
    let mut database = installed();
    let without = "SELECT p.oid::regprocedure::text FROM pg_proc AS p
         WHERE p.pronamespace IN ('public'::regnamespace, 'todo_internal'::regnamespace, 'todo_auth'::regnamespace)
           AND p.prosecdef AND coalesce(p.proconfig::text !~ 'search_path=.?pg_catalog, pg_temp', true)";
    assert_eq!(strings(&mut database.client, without), [""; 0]);
    let all = "SELECT count(*)::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace";
    assert!(strings(&mut database.client, all)[0].parse::<i32>().unwrap() > 5);
}

/// Its owner has all rights, which neither a grant nor a revoke changes.
#[test]
fn the_owner_needs_no_grant() {
    let mut database = installed();
    let owner = Edition::Sql.owner(&database.name);
    let rights = "SELECT c.oid::regclass || ' ' || c.relacl::text FROM pg_class AS c WHERE c.relacl IS NOT NULL AND c.oid >= 16384 ORDER BY 1";
    let before = strings(&mut database.client, rights);
    for call in [
        format!("todo_grant('{owner}')"),
        format!("todo_grant('{owner}', 'tables')"),
        format!("todo_grant('{owner}', 'isolated')"),
        format!("todo_revoke('{owner}')"),
        format!("todo_auth.grant('{owner}')"),
        format!("todo_auth.revoke('{owner}')"),
    ] {
        for role in ["postgres", owner.as_str()] {
            let call = format!("SET ROLE {role}; SELECT {call}; RESET ROLE");
            assert_eq!(Failure::of(database.client.batch_execute(&call)).code, "0LP01", "{call}");
            database.client.batch_execute("RESET ROLE").unwrap();
        }
    }
    assert_eq!(strings(&mut database.client, rights), before);
}

/// The script installs into the first schema of search_path, and leaves search_path as it was.
#[test]
fn it_is_created_in_the_first_schema_of_the_path() {
    let mut database = Database::empty();
    let role = database.role("owner");
    let client = &mut database.client;
    client
        .batch_execute(&format!("GRANT CREATE ON DATABASE {} TO {role}; CREATE EXTENSION pgcrypto", database.name))
        .unwrap();
    client
        .batch_execute(&format!("SET ROLE {role}; CREATE SCHEMA \"My App\"; SET search_path = \"My App\", public"))
        .unwrap();
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(client, "SHOW search_path"), ["\"My App\", public"]);
    client
        .batch_execute("SELECT todo_create_task(u.id, 'x') FROM todo_create_user('a@b.cd', 'A', 'long enough') AS u")
        .unwrap();
    client.batch_execute(script("todo_auth")).unwrap();
    assert_eq!(strings(client, "SELECT email FROM todo_auth.\"user\""), ["a@b.cd"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Functions run with the rights of the owner, so the script warns of rights that the owner does not need.
#[test]
fn an_owner_with_rights_to_spare_is_warned() {
    for (rights, expected) in
        [("", 0), ("BYPASSRLS", 1), ("CREATEROLE", 1), ("BYPASSRLS CREATEROLE", 1), ("CREATEDB", 0)]
    {
        let mut database = Database::empty();
        let role = database.role("owner");
        database
            .client
            .batch_execute(&format!(
                "ALTER ROLE {role} LOGIN {rights}; ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto",
                database.name
            ))
            .unwrap();
        let warnings = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&warnings);
        let mut config = database.config();
        config.user(&role).notice_callback(move |notice| {
            count.fetch_add(usize::from(notice.severity() == "WARNING"), Ordering::Relaxed);
        });
        let mut owner = config.connect(NoTls).unwrap();
        owner.batch_execute(script("todo")).unwrap();
        // The notices come before the answer.
        assert_eq!(warnings.load(Ordering::Relaxed), expected, "{rights}");
    }
}

/// If it cannot be installed, the script fails with one clear error, and changes nothing.
#[test]
fn where_it_cannot_be_installed_nothing_is_changed() {
    let cases = [
        ("", "42704"),
        ("CREATE EXTENSION pgcrypto; CREATE TABLE users ()", "42P07"),
        ("CREATE EXTENSION pgcrypto; CREATE SCHEMA todo_internal", "42P06"),
        ("CREATE EXTENSION pgcrypto; CREATE FUNCTION todo_check() RETURNS int LANGUAGE sql AS 'SELECT 1'", "42723"),
        ("CREATE SCHEMA closed; CREATE EXTENSION pgcrypto SCHEMA closed", "42501"),
        ("CREATE EXTENSION pgcrypto; CREATE EXTENSION todo SCHEMA public; SET search_path = other", "42710"),
        ("CREATE EXTENSION pgcrypto; SET search_path = missing", "3F000"),
        ("CREATE EXTENSION pgcrypto; CREATE SCHEMA \"it's\" AUTHORIZATION ~; SET search_path = \"it's\"", "42602"),
        ("CREATE EXTENSION pgcrypto; REVOKE CREATE ON SCHEMA public FROM PUBLIC, ~", "42501"),
        ("CREATE EXTENSION pgcrypto; RESET ROLE", "0LP01"),
    ];
    for (before, code) in cases {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client.batch_execute(UNLOGGED).unwrap();
        client
            .batch_execute(&format!(
                "GRANT CREATE ON DATABASE {} TO {role}; CREATE SCHEMA other; GRANT USAGE, CREATE ON SCHEMA public, other TO {role}; {}",
                database.name,
                before.replace('~', &role).replace("; RESET ROLE", "")
            ))
            .unwrap();
        let objects = strings(client, OBJECTS);
        if !before.ends_with("RESET ROLE") {
            client.batch_execute(&format!("SET ROLE {role}")).unwrap();
        }
        assert_eq!(Failure::of(client.batch_execute(script("todo"))).code, code, "{before}");
        assert_eq!(strings(client, OBJECTS), objects, "{before}");
    }
}

/// If the tables were dropped, the hints of the script say how to remove the rest, until it can be installed again.
#[test]
fn what_is_left_of_it_can_be_removed() {
    let mut database = installed();
    let owner = Edition::Sql.owner(&database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "{UNLOGGED}; SET ROLE {owner}; DROP SCHEMA todo_auth CASCADE; DROP TABLE users, tasks CASCADE"
        ))
        .unwrap();
    let mut refusals = Vec::new();
    while let Err(error) = client.batch_execute(script("todo")) {
        let failure = Failure::from(&error);
        let hint = failure.hint.unwrap();
        client.batch_execute(&hint[hint.find("DROP").unwrap()..]).unwrap();
        refusals.push(failure.code);
    }
    assert_eq!(refusals, ["55000", "42723"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// todo_auth can be installed only by the owner, after todo, and not into a schema that exists.
#[test]
fn todo_auth_needs_todo_and_its_owner() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(UNLOGGED).unwrap();
    assert_eq!(Failure::of(client.batch_execute(script("todo_auth"))).code, "55000");
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    assert_eq!(Failure::of(client.batch_execute(script("todo_auth"))).code, "42501");
    client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    client.batch_execute("DROP SCHEMA todo_auth CASCADE; CREATE SCHEMA todo_auth").unwrap();
    assert_eq!(Failure::of(client.batch_execute(&Edition::Sql.install_auth(&database.name))).code, "42P06");
}

/// todo_release_tables() keeps the tables with their rows, and drops everything else.
#[test]
fn releasing_the_tables_leaves_nothing_else() {
    let mut database = installed();
    let client = &mut database.client;
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_release_tables()")).code, "2BP01", "todo_auth needs it");
    client
        .batch_execute("DROP SCHEMA todo_auth CASCADE; CREATE VIEW own AS SELECT * FROM todo_list_tasks('u1')")
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_release_tables()")).code, "2BP01", "a view needs it");
    client.batch_execute("DROP VIEW own; SELECT todo_release_tables()").unwrap();
    let left = strings(client, OBJECTS);
    let others: Vec<&String> =
        left.iter().filter(|object| !object.contains("users") && !object.contains("tasks")).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(strings(client, "SELECT id FROM users"), ["u1"]);
    assert_eq!(strings(client, "SELECT todo.proname::text FROM pg_proc AS todo WHERE proname LIKE 'todo%'"), [""; 0]);
}

/// An update ends with the same objects as a new installation, and keeps rows and grants. It can be repeated.
#[test]
fn an_update_ends_as_a_new_installation() {
    let without_grants = |line: &str| line.replace(", granted:", ", not granted:");
    let fresh: Vec<String> = strings(&mut installed().client, SEEN).iter().map(|line| without_grants(line)).collect();
    let mut database = Database::empty();
    let client = &mut database.client;
    let role = format!("{}_installer", database.name);
    client.batch_execute(&Edition::Sql.install(&database.name).replace(script("todo"), &older())).unwrap();
    client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x');
             SELECT todo_grant('pg_monitor'); SELECT todo_internal.set_bcrypt_cost(5); SELECT todo_auth.grant('pg_signal_backend');
             UPDATE todo_internal.installed SET version = '1.0.9' WHERE name = 'todo_auth';
             CREATE OR REPLACE FUNCTION todo_auth.changes(old_row jsonb, new_row jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS 'SELECT NULL::jsonb'",
        )
        .unwrap();
    let before = rows(client);
    for _ in 0..2 {
        client
            .batch_execute(&format!(
                "SET ROLE {role}; SET search_path = pg_temp; {}; {}; RESET ROLE; RESET search_path",
                script("todo"),
                script("todo_auth")
            ))
            .unwrap();
        let grants: Vec<String> = strings(client, SEEN).iter().map(|line| without_grants(line)).collect();
        let others = |all: &[String], others: &[String]| -> Vec<String> {
            all.iter().filter(|line| !others.contains(line)).cloned().collect()
        };
        assert_eq!(others(&fresh, &grants), [""; 0]);
        // Parts of the tables that only an older version has stay, as those of an application do.
        let left = others(&grants, &fresh);
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(
            left.iter().all(|line| line.contains("users_older_check") || line.contains("ix_tasks_older")),
            "{left:?}"
        );
        assert_eq!(rows(client), before);
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
        assert_eq!(strings(client, "SELECT todo_internal.bcrypt_cost()::text"), ["5"]);
        assert_eq!(
            strings(client, "SELECT version FROM todo_internal.installed WHERE name = 'todo'"),
            [current_version()]
        );
        let may = "SELECT has_function_privilege('pg_monitor', 'todo_toggle_task(bigint, text)', 'EXECUTE')::text";
        assert_eq!(strings(client, may), ["true"]);
    }
    client.batch_execute(UNLOGGED).unwrap();
    assert_eq!(Failure::of(client.batch_execute(script("todo"))).code, "0LP01", "by a superuser");
    let down = older();
    assert_eq!(Failure::of(client.batch_execute(&format!("SET ROLE {role}; {down}"))).code, "55000", "to an older one");
}

/// The scripts of every release are kept. Those of this checkout update what they made, the guard included.
#[test]
fn every_release_is_updated() {
    let updated = |database: &Database, of: &dyn Fn(&str) -> String| {
        let role = format!("{}_installer", database.name);
        format!(
            "SET todo.guard = off; SET ROLE {role}; {}; {}; RESET ROLE; {}; RESET todo.guard",
            of("todo"),
            of("todo_auth"),
            of("todo_guard")
        )
    };
    let now = |part: &str| script(part).to_owned();
    let mut fresh = installed();
    let guarded = updated(&fresh, &now);
    fresh.client.batch_execute(&guarded).unwrap();
    let (seen, objects) = (strings(&mut fresh.client, SEEN), strings(&mut fresh.client, OBJECTS));
    let kept = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../sql/edition/released"));
    assert_eq!(kept.map_or(0, Iterator::count), 3 * released().len(), "three parts of each");
    for version in released() {
        let mut database = Database::empty();
        let install = Edition::Sql.install(&database.name).replace(script("todo"), &released_script("todo", &version));
        database.client.batch_execute(&install).unwrap();
        let old = updated(&database, &|part| released_script(part, &version));
        let new = updated(&database, &now);
        let client = &mut database.client;
        client.batch_execute(&old).unwrap_or_else(|e| panic!("{version}: {e:?}"));
        client
            .batch_execute(
                "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')",
            )
            .unwrap();
        assert_eq!(strings(client, "SELECT DISTINCT version FROM todo_internal.installed"), [version.as_str()]);
        let before = rows(client);
        client.batch_execute(&new).unwrap_or_else(|e| panic!("{version}: {e:?}"));
        assert_eq!(rows(client), before, "{version}");
        assert_eq!(strings(client, SEEN), seen, "{version}");
        assert_eq!(strings(client, OBJECTS), objects, "{version}");
        assert_eq!(strings(client, "SELECT DISTINCT version FROM todo_internal.installed"), [current_version()]);
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{version}");
        assert_eq!(Failure::of(client.batch_execute("DROP TABLE tasks")).code, "2BP01", "{version}");
    }
}

/// Tables of other tools are adopted with their rows, and then look like new ones.
#[test]
fn tables_that_exist_are_adopted() {
    let fresh = strings(&mut installed().client, SEEN);
    for (kind, tables) in &TO_ADOPT[..3] {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role};
                 {tables};
                 CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
                 CREATE TRIGGER touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch();
                 INSERT INTO users VALUES
                     ('u1', 'a@b.cd', ' A ', '!', '2020-01-01', '2020-01-02', true, false),
                     ('u2', 'no address', 'B', '!', '2020-01-01', '2020-01-02', true, false);
                 INSERT INTO tasks (user_id, title, completed, created_at, updated_at) VALUES ('u1', ' x ', true, '2020-01-01', '2020-01-02')",
                database.name
            ))
            .unwrap();
        let before = (rows(client), strings(client, OBJECTS));
        client.batch_execute(&format!("RESET ROLE; {UNLOGGED}; SET ROLE {role}; SET todo.adopt = on")).unwrap();
        assert_eq!(Failure::of(client.batch_execute(script("todo"))).fields().0, "23514", "{kind}");
        assert_eq!((rows(client), strings(client, OBJECTS)), before, "{kind}");
        client.batch_execute("UPDATE users SET email = 'b@b.cd' WHERE id = 'u2'").unwrap();
        client.batch_execute(script("todo")).unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        client.batch_execute(script("todo_auth")).unwrap();
        let seen = strings(client, SEEN);
        let others = |all: &[String], others: &[String]| -> Vec<String> {
            all.iter().filter(|line| !others.contains(line)).cloned().collect()
        };
        assert_eq!(others(&fresh, &seen), [""; 0], "{kind}");
        assert!(
            others(&seen, &fresh).iter().all(|line| line.contains("touch") || line.contains("alembic_version")),
            "{kind}: {:?}",
            others(&seen, &fresh)
        );
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{kind}");
        let mended = "SELECT concat_ws('|', u.name, t.title, t.completed_at, t.updated_at) FROM users AS u JOIN tasks AS t ON t.user_id = u.id";
        assert_eq!(strings(client, mended), ["A|x|2020-01-02 00:00:00|2020-01-02 00:00:00"], "{kind}");
        client.batch_execute("SELECT todo_toggle_task(1, 'u1')").unwrap();
    }
}

/// An adoption keeps the owner's columns and triggers, and refuses code of other roles before it could run.
#[test]
fn what_the_owner_has_added_is_adopted() {
    let mut database = Database::empty();
    let (owner, evil) = (database.role("owner"), database.role("evil"));
    let client = &mut database.client;
    let ran = |what: &str| {
        format!(
            "CREATE FUNCTION {what}.ran() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {what}.runs VALUES (1); RETURN NEW; END'"
        )
    };
    client
        .batch_execute(&format!(
            "ALTER DATABASE {} OWNER TO {owner}; CREATE EXTENSION pgcrypto; CREATE SCHEMA evil AUTHORIZATION {evil};
             SET ROLE {owner}; {}; ALTER TABLE tasks ADD due date; CREATE SCHEMA mine; CREATE TABLE mine.runs (i int); {};
             CREATE TRIGGER mine AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION mine.ran();
             ALTER TABLE users ENABLE ALWAYS TRIGGER mine; GRANT TRIGGER ON users TO {evil};
             INSERT INTO users VALUES ('u1', 'a@b.cd', ' A ', '!', '2020-01-01', '2020-01-02', true, false);
             SET ROLE {evil}; CREATE TABLE evil.runs (i int); GRANT ALL ON evil.runs TO PUBLIC; GRANT USAGE ON SCHEMA evil TO PUBLIC; {};
             CREATE TRIGGER evil AFTER UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION evil.ran(); RESET ROLE;
             {UNLOGGED}; ALTER TABLE users ENABLE ALWAYS TRIGGER evil; SET ROLE {owner}; SET todo.adopt = on",
            database.name,
            TO_ADOPT[1].1,
            ran("mine"),
            ran("evil")
        ))
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute(script("todo"))).code, "55000");
    client.batch_execute(&format!("DROP TRIGGER evil ON users; REVOKE TRIGGER ON users FROM {evil}")).unwrap();
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(
        strings(client, "SELECT concat_ws('|', name, updated_at, (SELECT count(*) FROM mine.runs)) FROM users"),
        ["A|2020-01-02 00:00:00|0"]
    );
    assert_eq!(strings(client, "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'mine'"), ["A"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
    client
        .batch_execute(
            "SELECT todo_verify_email('u1'); INSERT INTO tasks (user_id, title, due) VALUES ('u1', 'x', '2026-01-01')",
        )
        .unwrap();
}

/// The owner can dump and restore it, with rows, settings and additions of the application.
#[test]
fn the_owner_dumps_and_restores_it() {
    let mut database = installed();
    let owner = format!("{}_installer", database.name);
    database
        .client
        .batch_execute(&format!(
            "ALTER ROLE {owner} LOGIN; SET ROLE {owner}; SELECT todo_internal.set_bcrypt_cost(5);
             ALTER TABLE tasks ADD COLUMN due date; CREATE INDEX own ON tasks (due); ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON tasks USING (user_id = current_setting('app.user', true)); SELECT todo_grant('pg_monitor');
             INSERT INTO tasks (user_id, title, due) VALUES ('u1', 'x', '2026-01-01')"
        ))
        .unwrap();
    let seen = strings(&mut database.client, SEEN);
    let state = "SELECT concat_ws(' ', t.id, t.title, t.due, s.value, (SELECT count(*) FROM pg_policy),
            has_function_privilege('pg_monitor', 'todo_toggle_task(bigint, text)', 'EXECUTE'))
         FROM tasks AS t, todo_internal.setting AS s";
    let before = strings(&mut database.client, state);
    for format in ["plain", "custom"] {
        let mut restored = Database::empty();
        let [from, into] = [&database.name, &restored.name].map(|name| format!("--dbname={name}"));
        restored.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", restored.name)).unwrap();
        let run = |command: &str, arguments: &[&str], input: &[u8]| {
            let mut child = Command::new(command)
                .args(arguments)
                .args(["--username", &owner])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let input = input.to_vec();
            let writer = std::thread::spawn(move || stdin.write_all(&input));
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{command} {format}");
            writer.join().unwrap().ok();
            output.stdout
        };
        let dump = run("pg_dump", &["--format", format, &from], b"");
        match format {
            "plain" => run("psql", &["-X", "--quiet", "-v", "ON_ERROR_STOP=1", &into], &dump),
            _ => run("pg_restore", &["--exit-on-error", &into], &dump),
        };
        let client = &mut restored.client;
        assert_eq!(strings(client, SEEN), seen, "{format}");
        assert_eq!(strings(client, state), before, "{format}");
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{format}");
        client.batch_execute("SELECT todo_toggle_task(1, 'u1')").unwrap();
    }
}

/// Only the owner can set the cost of hashes, within limits.
#[test]
fn the_owner_sets_the_cost() {
    let mut database = installed();
    let role = database.role("app");
    let client = &mut database.client;
    for cost in ["3", "16", "NULL"] {
        let set = format!("SELECT todo_internal.set_bcrypt_cost({cost})");
        assert_eq!(Failure::of(client.batch_execute(&set)).code, "22023", "{cost}");
    }
    client.batch_execute("SELECT todo_internal.set_bcrypt_cost(4)").unwrap();
    let hash: String = client.query_one("SELECT todo_hash_password('long enough')", &[]).unwrap().get(0);
    assert!(hash.starts_with("$2b$04$"), "{hash}");
    client.batch_execute(&format!("SELECT todo_grant('{role}', 'tables'); SET ROLE {role}")).unwrap();
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_internal.set_bcrypt_cost(5)")).code, "42501");
}

/// As in the extension, functions with the owner's rights refuse triggers of other roles.
#[test]
fn triggers_of_others_do_not_run_with_the_owners_rights() {
    let mut database = installed();
    let role = database.role("evil");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA evil AUTHORIZATION {role}; SELECT todo_grant('{role}'); GRANT TRIGGER ON users TO {role}; SET ROLE {role};
             CREATE FUNCTION evil.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER own BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION evil.own()"
        ))
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_verify_email('u1')")).code, "55000");
    client.batch_execute("RESET ROLE").unwrap();
    let found = strings(client, "SELECT name FROM todo_check() WHERE NOT ok");
    assert_eq!(found, [format!("rights of {role}")]);
    // The same for a table of another role that refers to users.
    client
        .batch_execute(&format!(
            "DROP TRIGGER own ON users; GRANT REFERENCES (id) ON users TO {role}; SET ROLE {role};
             CREATE TABLE evil.side (u varchar(36) REFERENCES public.users ON DELETE CASCADE)"
        ))
        .unwrap();
    let owner = format!("{}_installer", database.name);
    for (what, code) in [
        ("TABLE evil.side OWNER TO CURRENT_USER", "55000"),
        ("TABLE evil.side DROP CONSTRAINT side_u_fkey", "ok"),
        (&format!("TABLE evil.side OWNER TO {owner}") as &str, "ok"),
    ] {
        client.batch_execute(&format!("RESET ROLE; BEGIN; SET LOCAL ROLE {role}")).unwrap();
        if what.contains(&owner) {
            client.batch_execute("RESET ROLE").unwrap();
        }
        client.batch_execute(&format!("ALTER {what}; RESET ROLE; GRANT USAGE ON SCHEMA evil TO {owner}")).unwrap();
        client.batch_execute("SELECT todo_verify_email('u1')").expect("no key changes");
        let deleted = client.batch_execute("SELECT todo_delete_user('u1')");
        assert_eq!(deleted.err().map_or("ok".to_owned(), |error| Failure::from(&error).code), code, "{what}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}

/// What applications see of both parts: functions with their attributes, comments and rights, and definitions of tables and views.
const SEEN: &str = "
    SELECT format('function %s.%s(%s) returns %s, %s%s, parallel %s, rows %s, %s: %s', n.nspname, p.proname, pg_get_function_arguments(p.oid),
        pg_get_function_result(p.oid), p.provolatile, CASE WHEN p.prosecdef THEN ', definer' END, p.proparallel, p.prorows,
        CASE WHEN EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee <> p.proowner)
            THEN 'granted' ELSE 'not granted' END,
        obj_description(p.oid, 'pg_proc')) AS line
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace AND n.nspname IN ('public', 'todo_auth')
    WHERE NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.objid = p.oid AND d.deptype = 'e' AND e.extname = 'pgcrypto')
    UNION ALL
    SELECT format('%s %s of %s.%s: %s', d.kind, d.name, d.schema, d.relation, d.definition)
    FROM todo_internal.described('public', ARRAY(
        SELECT c.oid FROM pg_class AS c WHERE c.relnamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace) AND c.relkind IN ('r', 'v', 'S')
    )) AS d
    WHERE d.kind <> 'function'
    UNION ALL
    SELECT format('view %s: %s', c.oid::regclass, pg_get_viewdef(c.oid))
    FROM pg_class AS c
    WHERE c.relnamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace) AND c.relkind = 'v'
    ORDER BY line";

/// Both editions are alike, except for what fixtures/editions.txt lists. `UPDATE_FIXTURES=1` writes it anew.
#[test]
fn both_editions_look_alike() {
    let seen = |edition: Edition| {
        let mut database = Database::empty();
        for install in [edition.install(&database.name), edition.install_auth(&database.name)] {
            database.client.batch_execute(&install).unwrap();
        }
        strings(&mut database.client, SEEN)
    };
    let (extension, sql) = (seen(Edition::Extension), seen(Edition::Sql));
    assert!(extension.len() > 150, "{}", extension.len());
    let without = |sign: char, all: &[String], others: &[String]| -> String {
        all.iter().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}\n")).collect()
    };
    let differences = format!(
        "# What differs in the SQL edition (+) from the extension (-), of what applications see.\n{}{}",
        without('-', &extension, &sql),
        without('+', &sql, &extension)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/editions.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &differences).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), differences);
}

/// A function with the name of one of ours, but other arguments, is not taken for ours.
#[test]
fn functions_of_the_same_name_are_others() {
    let mut database = installed();
    let client = &mut database.client;
    let installer = format!("{}_installer", database.name);
    let own = "todo_create_task(text, text, text, date)";
    let anyones = "todo_toggle_task(integer, text)";
    client
        .batch_execute(&format!(
            "CREATE FUNCTION {own} RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION {own} OWNER TO {installer};
             CREATE FUNCTION {anyones} RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; REVOKE ALL ON FUNCTION {anyones} FROM PUBLIC"
        ))
        .unwrap();
    let there = |client: &mut postgres::Client| {
        strings(
            client,
            &format!("SELECT f FROM unnest(ARRAY['{own}', '{anyones}']) AS f WHERE to_regprocedure(f) IS NOT NULL"),
        )
    };
    let members =
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.oid IN (SELECT todo_internal.member_functions())";
    for _ in 0..2 {
        assert!(
            !strings(client, members)
                .iter()
                .any(|name| name.ends_with(",date)") || name.contains("toggle_task(integer"))
        );
        assert!(strings(client, members).iter().any(|name| name.contains("todo_task_cursor(")));
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
        client.batch_execute("SELECT todo_grant('pg_monitor')").unwrap();
        assert_eq!(there(client).len(), 2);
        client.batch_execute(&format!("SET ROLE {installer}; {}; RESET ROLE", script("todo"))).unwrap();
    }
    client.batch_execute("DROP SCHEMA todo_auth CASCADE; SELECT todo_release_tables()").unwrap();
    assert_eq!(there(client).len(), 2);
}

/// Our functions are still known after the schema was renamed.
#[test]
fn functions_are_known_in_a_schema_of_another_name() {
    let mut database = installed();
    let client = &mut database.client;
    let members = "SELECT count(*)::text FROM todo_internal.member_functions()";
    let before = strings(client, members);
    client
        .batch_execute(
            "DROP SCHEMA todo_auth CASCADE; ALTER SCHEMA public RENAME TO \"My home\"; SET search_path = \"My home\"",
        )
        .unwrap();
    assert_eq!(strings(client, members), before);
    client.batch_execute("ALTER SCHEMA \"My home\" RENAME TO public; SET search_path = public").unwrap();
}

/// An update does not replace a function that the application has created, even if it looks like one of ours.
#[test]
fn an_update_replaces_no_function_of_the_application() {
    let mut database = installed();
    let client = &mut database.client;
    let installer = format!("{}_installer", database.name);
    client
        .batch_execute(&format!(
            "{UNLOGGED}; DROP FUNCTION todo_export_user(text);
             UPDATE todo_internal.installed SET functions = array_remove(functions, 'todo_export_user(pg_catalog.text)') WHERE name = 'todo';
             SET ROLE {installer}; CREATE FUNCTION todo_export_user(user_id text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'"
        ))
        .unwrap();
    let failure = Failure::of(client.batch_execute(script("todo")));
    assert_eq!(failure.code, "42723");
    client.batch_execute("ALTER FUNCTION todo_export_user(text) RENAME TO own_export").unwrap();
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// The check reports a missing table, and does not fail.
#[test]
fn the_check_finds_that_a_table_is_missing() {
    let mut database = installed();
    let client = &mut database.client;
    client.batch_execute("ALTER TABLE tasks RENAME TO tasks2").unwrap();
    assert!(!strings(client, "SELECT name FROM todo_check() WHERE NOT ok").is_empty());
}
