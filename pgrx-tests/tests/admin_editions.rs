//! `todo-admin` with the SQL edition: installing, adopting and updating it, and moves from one edition to the other.

use todo_tests::admin::{Scratch, fails, json, ok};
use todo_tests::edition::script;
use todo_tests::{Database, Edition, Failure, HASH, Said, TO_ADOPT, admin, current_version, rows, said, strings};

/// An empty database that belongs to an ordinary role, which logs in as its owner.
fn owned() -> (Database, String) {
    let mut database = Database::empty();
    let owner = database.role("owner");
    database
        .client
        .batch_execute(&format!(
            "ALTER ROLE {owner} LOGIN CREATEDB; ALTER DATABASE {name} OWNER TO {owner}",
            name = database.name
        ))
        .unwrap();
    (database, owner)
}

/// Runs a command as a role.
fn run_as(database: &Database, role: &str, arguments: &[&str]) -> Said {
    said(admin(&database.name).env("PGUSER", role).args(arguments), "")
}

#[track_caller]
fn ok_as(database: &Database, role: &str, arguments: &[&str]) -> String {
    let said = run_as(database, role, arguments);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
    said.out
}

const FOUND: &str = "SELECT name FROM todo_check() WHERE NOT ok";

#[test]
fn the_owner_installs_it() {
    let (mut database, owner) = owned();
    // A superuser is told as whom to connect, and the attempt leaves nothing behind.
    let (code, error) = fails(&database, &["install", "--edition", "sql"]);
    assert!(code == 1 && error.contains("superuser") && error.contains("connect as"), "{error}");
    assert_eq!(
        strings(&mut database.client, "SELECT extname::text FROM pg_extension WHERE extname = 'pgcrypto'"),
        [""; 0]
    );
    assert_eq!(run_as(&database, &owner, &["install", "--edition", "sql", "--version", "0.1.0"]).code, 1);
    assert_eq!(run_as(&database, &owner, &["status"]).code, 1);

    let said = ok_as(&database, &owner, &["install", "--edition", "sql", "--schema", "My App"]);
    assert!(said.contains(current_version()) && said.contains("SQL edition"), "{said}");
    let status = json(&ok_as(&database, &owner, &["status", "--json"]));
    assert_eq!((&status["edition"], &status["schema"]), (&"sql".into(), &"\"My App\"".into()));
    assert_eq!((&status["extension_version"], &status["pending_upgrade"]), (&current_version().into(), &().into()));
    assert!(ok_as(&database, &owner, &["doctor"]).contains("no findings"));
    assert!(ok_as(&database, &owner, &["upgrade"]).contains("already"));
    let again = run_as(&database, &owner, &["install", "--edition", "sql"]);
    assert!(again.code == 1 && again.err.contains("already installed"), "{}", again.err);
    assert_eq!(run_as(&database, &owner, &["adopt", "--edition", "sql"]).code, 1);
    assert_eq!(run_as(&database, &owner, &["upgrade", "--to", "9.9"]).code, 1);

    // The application may not read which version it is.
    let app = database.role("app");
    ok_as(&database, &owner, &["grant", &app]);
    assert!(ok_as(&database, &app, &["status"]).contains("unknown version (SQL edition)"));
    assert!(json(&ok_as(&database, &app, &["status", "--json"]))["extension_version"].is_null());
}

/// Functions and views of the SQL edition run with the caller's rights. So a superuser calls none of them unless the owner is trusted.
#[test]
fn a_superuser_runs_nothing_of_the_owner() {
    let (mut database, owner) = owned();
    ok_as(&database, &owner, &["install", "--edition", "sql"]);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SET ROLE {owner};
             CREATE FUNCTION gain() RETURNS boolean LANGUAGE plpgsql AS
                 $$ BEGIN EXECUTE 'ALTER ROLE {owner} SUPERUSER'; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END $$;
             ALTER TABLE todo_internal.installed RENAME TO other;
             CREATE VIEW todo_internal.installed AS SELECT name, version, functions FROM todo_internal.other WHERE gain();
             RESET ROLE"
        ))
        .unwrap();
    let commands: [&[&str]; 9] = [
        &["status"],
        &["doctor"],
        &["upgrade"],
        &["install", "--edition", "sql"],
        &["adopt", "--edition", "sql"],
        &["move", "--to", "extension"],
        &["user", "list"],
        &["grant", &owner],
        &["stats"],
    ];
    for command in commands {
        assert_ne!(said(admin(&database.name).args(command), "").code, 0, "{command:?}");
        let is_superuser = format!("SELECT rolsuper::text FROM pg_roles WHERE rolname = '{owner}'");
        assert_eq!(strings(&mut database.client, &is_superuser), ["false"], "{command:?}");
    }
}

#[test]
fn tables_are_adopted() {
    let (mut database, owner) = owned();
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SET ROLE {owner}; {}; INSERT INTO users (id, email, name, hashed_password, created_at, updated_at)
                 VALUES ('u1', 'no address', ' A ', '!', now(), now()); RESET ROLE",
            TO_ADOPT[1].1
        ))
        .unwrap();
    let adopt: &[&str] = &["adopt", "--edition", "sql"];
    let said = run_as(&database, &owner, adopt);
    assert!(said.code == 1 && said.err.contains("users_email_check"), "{}", said.err);
    assert!(fails(&database, adopt).1.contains("--trust-owner"));
    database.client.batch_execute("UPDATE users SET email = 'a@b.cd'").unwrap();
    let before = rows(&mut database.client);
    assert!(ok_as(&database, &owner, &["adopt", "--edition", "sql", "--dry-run"]).contains("nothing has been changed"));
    assert_eq!(rows(&mut database.client), before);
    // If a superuser adopts them and trusts the owner, everything belongs to the owner.
    ok(&database, &["--trust-owner", "adopt", "--edition", "sql"]);
    assert_eq!(strings(&mut database.client, "SELECT name FROM users"), ["A"]);
    assert_eq!(
        strings(
            &mut database.client,
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'todo_internal'"
        ),
        [owner.as_str()]
    );
    assert!(ok_as(&database, &owner, &["doctor"]).contains("no findings"));
}

/// An older version of both parts is updated.
#[test]
fn both_parts_are_updated() {
    let (mut database, owner) = owned();
    ok_as(&database, &owner, &["install", "--edition", "sql"]);
    database
        .client
        .batch_execute(&format!(
            "SET ROLE {owner}; {}; UPDATE todo_internal.installed SET version = '1.0.9'; DROP FUNCTION todo_task_counts(text); RESET ROLE",
            script("todo_auth")
        ))
        .unwrap();
    let versions = "SELECT DISTINCT version FROM todo_internal.installed";
    assert!(ok_as(&database, &owner, &["upgrade", "--dry-run"]).contains("nothing has been changed"));
    assert_eq!(strings(&mut database.client, versions), ["1.0.9"]);
    let said = ok_as(&database, &owner, &["upgrade"]);
    assert!(said.contains(&format!("1.0.9 -> {}", current_version())), "{said}");
    assert_eq!(strings(&mut database.client, versions), [current_version()]);
    assert_eq!(strings(&mut database.client, FOUND), [""; 0]);
}

/// Nobody gets an older version than the one that is installed, not even by name.
#[test]
fn an_older_program_updates_nothing() {
    let (mut database, owner) = owned();
    ok_as(&database, &owner, &["install", "--edition", "sql"]);
    let newer = format!("{}.99", current_version());
    let set_version = format!("UPDATE todo_internal.installed SET version = '{newer}'");
    database.client.batch_execute(&set_version).unwrap();
    let by_name = ["upgrade", "--to", current_version()];
    for arguments in [&["upgrade", "--dry-run"][..], &["upgrade"], &by_name] {
        assert_eq!(run_as(&database, &owner, arguments).code, 1, "{arguments:?}");
    }
    assert_eq!(strings(&mut database.client, "SELECT version FROM todo_internal.installed"), [newer]);
    assert!(json(&ok_as(&database, &owner, &["status", "--json"]))["pending_upgrade"].is_null());
}

/// What a move must not change: rows and their places, sessions, rights, and the cost of hashes.
fn seen(database: &mut Database) -> Vec<String> {
    strings(
        &mut database.client,
        "SELECT concat_ws('|', 'task', t.ctid, t.*) FROM tasks AS t
         UNION ALL SELECT concat_ws('|', 'user', u.ctid, u.*) FROM users AS u
         UNION ALL SELECT concat_ws('|', 'session', s.*) FROM todo_auth.session AS s
         UNION ALL SELECT concat_ws('|', 'account', s.*) FROM todo_auth.linked_account AS s
         UNION ALL SELECT concat_ws('|', 'right', p.oid::regprocedure, a.grantee::regrole, a.privilege_type, a.is_grantable)
         FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
         WHERE p.pronamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace) AND a.grantee NOT IN (0, p.proowner) AND pg_get_userbyid(a.grantee) <> 'todo_owner'
         UNION ALL SELECT concat_ws('|', 'right', c.oid::regclass, a.grantee::regrole, a.privilege_type, a.is_grantable)
         FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
         WHERE c.relnamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace) AND a.grantee <> c.relowner AND pg_get_userbyid(a.grantee) <> 'todo_owner'
           AND a.privilege_type <> 'REFERENCES'
         UNION ALL SELECT concat_ws('|', 'right', n.nspname, a.grantee::regrole, a.privilege_type, a.is_grantable)
         FROM pg_namespace AS n CROSS JOIN aclexplode(n.nspacl) AS a
         WHERE n.nspname = 'todo_auth' AND a.grantee <> n.nspowner AND pg_get_userbyid(a.grantee) <> 'todo_owner'
         UNION ALL SELECT concat('cost|', left(todo_hash_password('long enough'), 7))
         UNION ALL SELECT concat('next|', last_value, is_called) FROM tasks_id_seq
         ORDER BY 1",
    )
}

#[test]
fn a_move_there_and_back_keeps_everything() {
    let mut database = Database::empty();
    let (app, owner) = (database.role("app"), database.role("owner"));
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "{}; {}; SELECT todo_grant('{app}', 'tables'), todo_auth.grant('{app}');
             GRANT EXECUTE ON FUNCTION todo_check() TO {app} WITH GRANT OPTION;
             GRANT SELECT (name) ON users TO PUBLIC; ALTER DATABASE {} SET quote_all_identifiers = on;
             ALTER DATABASE {} SET todo.bcrypt_cost = 5; GRANT CREATE ON SCHEMA public TO {owner}",
            Edition::Extension.install(""),
            Edition::Extension.install_auth(""),
            database.name,
            database.name
        ))
        .unwrap();
    client
        .batch_execute(&format!(
            "INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'a@b.cd', 'A', '{HASH}'), ('u2', 'b@b.cd', 'B', '!');
             SELECT todo_create_task('u1', 'x'), todo_toggle_task(1, 'u1'), todo_create_task('u2', 'y');
             INSERT INTO todo_auth.session (token, \"userId\", \"expiresAt\", \"updatedAt\") VALUES ('t', 'u1', '2030-01-01', '2020-01-01');
             INSERT INTO todo_auth.account (id, \"userId\", \"accountId\", \"providerId\") VALUES ('a1', 'u2', 'x', 'github');
             CREATE TABLE notes (task int REFERENCES tasks ON DELETE CASCADE); CREATE INDEX own ON tasks (title);
             ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tasks USING (true)"
        ))
        .unwrap();
    database.client = database.connect();
    let before = seen(&mut database);
    assert!(
        before.iter().any(|line| line.starts_with("session|")) && before.contains(&"cost|$2b$05$".to_owned()),
        "{before:?}"
    );

    let (code, error) = fails(&database, &["move", "--to", "sql"]);
    assert!(code == 2 && error.contains("--owner"), "{error}");
    let to_sql: &[&str] = &["move", "--to", "sql", "--owner", &owner];
    // The role may not create schemas in this database.
    assert_eq!(fails(&database, to_sql).0, 1);
    assert_eq!(seen(&mut database), before);
    database.client.batch_execute(&format!("GRANT CREATE ON DATABASE {} TO {owner}", database.name)).unwrap();
    ok(&database, &["move", "--to", "sql", "--owner", &owner, "--dry-run"]);
    assert_eq!(seen(&mut database), before);
    let moved = said(admin(&database.name).args(to_sql), "");
    assert!(moved.code == 0 && moved.err.contains("todo_guard"), "{}", moved.err);
    database.client = database.connect();
    assert_eq!(seen(&mut database), before);
    let extensions = "SELECT extname::text FROM pg_extension WHERE extname LIKE 'todo%' ORDER BY 1";
    assert_eq!(strings(&mut database.client, extensions), [""; 0]);
    // REFERENCES, which the extension had granted, has been revoked: in this edition, a role could run code as the owner by it.
    assert_eq!(strings(&mut database.client, FOUND), [""; 0]);
    assert!(ok(&database, &["--trust-owner", "move", "--to", "sql"]).contains("already"));

    // The move back names what it would lose, and changes nothing.
    for (make, drop) in [
        ("ALTER TABLE todo_auth.session ADD mine int", "ALTER TABLE todo_auth.session DROP mine"),
        ("CREATE INDEX mine ON todo_auth.session (token)", "DROP INDEX todo_auth.mine"),
        ("CREATE VIEW mine AS SELECT token FROM todo_auth.session", "DROP VIEW mine"),
        ("CREATE TABLE mine (s text REFERENCES todo_auth.session)", "DROP TABLE mine"),
        ("CREATE TABLE todo_auth.mine (id int)", "DROP TABLE todo_auth.mine"),
        ("CREATE FUNCTION todo_auth.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION todo_auth.mine"),
        ("CREATE POLICY mine ON todo_auth.session USING (true)", "DROP POLICY mine ON todo_auth.session"),
        ("COMMENT ON COLUMN todo_auth.session.token IS 'mine'", "COMMENT ON COLUMN todo_auth.session.token IS NULL"),
        ("CREATE VIEW mine AS SELECT * FROM todo_list_tasks('u1')", "DROP VIEW mine"),
    ] {
        database.client.batch_execute(make).unwrap();
        let Said { code, err, .. } =
            said(admin(&database.name).args(["--trust-owner", "move", "--to", "extension"]), "");
        assert!(code == 1 && err.contains("mine"), "{make}: {err}");
        database.client.batch_execute(drop).unwrap();
        assert_eq!(seen(&mut database), before, "{make}");
    }
    let said = said(admin(&database.name).args(["--trust-owner", "move", "--to", "extension"]), "");
    assert_eq!(said.code, 0, "{}", said.err);
    database.client = database.connect();
    assert_eq!(seen(&mut database), before);
    assert_eq!(strings(&mut database.client, extensions), ["todo", "todo_auth"]);
    let found = strings(&mut database.client, FOUND);
    assert!(found.iter().all(|name| name.starts_with("dump of ")), "{found:?}");
    assert_eq!(Failure::of(database.client.batch_execute("DROP TABLE users CASCADE")).code, "2BP01", "guarded again");
}

/// Only a superuser can move, and only between editions of the same version.
#[test]
fn moves_that_are_refused() {
    let (database, owner) = owned();
    assert_eq!(run_as(&database, &owner, &["move", "--to", "extension"]).code, 1);
    ok_as(&database, &owner, &["install", "--edition", "sql"]);
    let said = run_as(&database, &owner, &["move", "--to", "extension"]);
    assert!(said.code == 1 && said.err.contains("superuser"), "{}", said.err);
    let mut database = Database::empty();
    database.client.batch_execute("CREATE EXTENSION todo VERSION '1.0.0'").unwrap();
    let (code, error) = fails(&database, &["move", "--to", "sql", "--owner", "pg_monitor"]);
    assert!(code == 1 && error.contains("1.0.0"), "{error}");
}

/// The scripts in the program are those that build.sh prints.
#[test]
fn it_prints_the_scripts() {
    let database = Database::empty();
    for part in ["todo", "todo_auth", "todo_guard"] {
        assert_eq!(ok(&database, &["script", part]), script(part));
    }
}

/// The guard is not in the way of backups, updates and moves.
#[test]
fn the_guard_goes_along() {
    let (mut database, owner) = owned();
    ok_as(&database, &owner, &["install", "--edition", "sql"]);
    let guards = "SELECT evtname::text FROM pg_event_trigger WHERE evtname LIKE 'todo_guard_on_%' ORDER BY 1";
    database.client.batch_execute(script("todo_guard")).unwrap();
    database.client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    assert_eq!(strings(&mut database.client, guards).len(), 3);

    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    ok_as(&database, &owner, &["backup", dir.path()]);
    let archive = dir.files().into_iter().find(|file| file.ends_with(".dump")).unwrap();
    let into = format!("{}_restored", database.name);
    let restored = run_as(&database, &owner, &["restore", &dir.file(&archive), "--into", &into]);
    assert!(restored.code == 0 && restored.err.contains("todo_guard"), "{}", restored.err);
    let mut client = database.config().dbname(&into).connect(postgres::NoTls).unwrap();
    assert_eq!(strings(&mut client, guards), [""; 0]);
    assert_eq!(strings(&mut client, "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_guard'"), [""; 0]);
    assert_eq!(
        (strings(&mut client, "SELECT id FROM users"), strings(&mut client, FOUND)),
        (vec!["u1".to_owned()], vec![])
    );
    drop(client);

    let older = "SET todo.guard = off; UPDATE todo_internal.installed SET version = '1.0.9';
         CREATE OR REPLACE FUNCTION todo_check_password(password text, hash text) RETURNS boolean LANGUAGE sql AS 'SELECT false'";
    let guard = "SELECT 'todo_guard'::regnamespace::oid::text";
    database.client.batch_execute(older).unwrap();
    let before = strings(&mut database.client, guard);
    // Only the role that has installed the guard can replace it.
    let said_to_owner = run_as(&database, &owner, &["upgrade"]);
    assert!(said_to_owner.err.contains("guard"), "{}", said_to_owner.err);
    database.client.batch_execute(older).unwrap();
    ok(&database, &["--trust-owner", "upgrade"]);
    assert_ne!(strings(&mut database.client, guard), before);
    assert_eq!(strings(&mut database.client, FOUND), [""; 0]);

    assert_eq!(said(admin(&database.name).args(["--trust-owner", "move", "--to", "extension"]), "").code, 0);
    assert_eq!(strings(&mut database.client, guards), [""; 0]);
    assert_eq!(Failure::of(database.client.batch_execute("DROP TABLE users CASCADE")).code, "2BP01");
}
