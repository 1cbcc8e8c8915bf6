//! Dump and restore in every format: rows are the same to the microsecond, and everything works as before.

use postgres::Client;
use std::path::PathBuf;
use std::process::Command;
use todo_tests::database::fill;
use todo_tests::{Database, Failure, Server, catalog, catalog_of, rows, strings, task};

/// A database with 1,000 users, 10,000 tasks and a role with grants.
fn filled() -> (Database, String) {
    let mut database = Database::new();
    let role = format!("{}_role", database.name);
    fill(&mut database.client, &role);
    (database, role)
}

/// Creates sessions, accounts and everything else that Better Auth stores.
fn fill_auth(client: &mut Client, role: &str) {
    client
        .batch_execute(&format!(
            "CREATE EXTENSION todo_auth; SELECT todo_auth.grant('{role}');
             INSERT INTO todo_auth.session (token, \"userId\", \"expiresAt\", \"userAgent\")
             SELECT 'token ' || i, 'user-' || i, timestamptz '2030-01-01' + i * interval '1.000001 s', E'tab\t' || i
             FROM generate_series(1, 500) AS i;
             INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", \"idToken\")
             SELECT 'account ' || i, 'google', 'user-' || i, 'secret' FROM generate_series(1, 300) AS i;
             INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", password)
             SELECT id, 'credential', id, repeat('0f', 16) || ':' || repeat('a1', 64) FROM users WHERE hashed_password = '!';
             UPDATE todo_auth.\"user\" SET image = 'picture' WHERE \"emailVerified\";
             INSERT INTO todo_auth.verification (identifier, value, \"expiresAt\") VALUES ('x', 'y', '2030-01-01');
             INSERT INTO todo_auth.\"rateLimit\" (key, count, \"lastRequest\") VALUES ('127.0.0.1|/sign-in/email', 3, 1893456000000)"
        ))
        .unwrap();
}

/// All rows of todo_auth's tables, and what its views show.
fn auth_rows(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT r.text FROM (
             SELECT d::text FROM todo_auth.user_data AS d
             UNION ALL SELECT s::text FROM todo_auth.session AS s
             UNION ALL SELECT l::text FROM todo_auth.linked_account AS l
             UNION ALL SELECT v::text FROM todo_auth.verification AS v
             UNION ALL SELECT r::text FROM todo_auth.\"rateLimit\" AS r
             UNION ALL SELECT a::text FROM todo_auth.account AS a
             UNION ALL SELECT u::text FROM todo_auth.\"user\" AS u
         ) AS r (text) ORDER BY r.text COLLATE \"C\"",
    )
}

fn run(program: &str, arguments: &[&str]) {
    // Several jobs load tables in any order, so foreign keys must not be checked meanwhile.
    let has_jobs = arguments.iter().any(|argument| argument.starts_with("--jobs"));
    let role = if has_jobs && program == "pg_restore" { "replica" } else { "origin" };
    let options = format!("-c session_replication_role={role}");
    let output =
        Command::new(program).args(arguments).env("PGTZ", "Asia/Karachi").env("PGOPTIONS", options).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The rights of a role on all objects.
fn grants(client: &mut Client, role: &str) -> Vec<String> {
    strings(
        client,
        &format!(
            "SELECT format('%s %s', object, privilege_type) FROM (
                 SELECT oid::regclass::text AS object, relacl AS acl FROM pg_class
                 UNION ALL SELECT oid::regprocedure::text, proacl FROM pg_proc
                 UNION ALL SELECT oid::regnamespace::text, nspacl FROM pg_namespace
             ) AS a, aclexplode(acl) WHERE grantee = '{role}'::regrole ORDER BY 1"
        ),
    )
}

#[test]
fn a_restore_is_the_database_as_it_was() {
    let (mut database, role) = filled();
    fill_auth(&mut database.client, &role);
    let before = (catalog(&mut database.client), rows(&mut database.client), grants(&mut database.client, &role));
    let auth_before = (catalog_of(&mut database.client, "todo_auth"), auth_rows(&mut database.client));
    assert!(auth_before.1.len() > 4 * 300, "{}", auth_before.1.len());
    assert_eq!(before.1.len(), 1000 + 9990);
    assert!(before.2.len() > 30, "{:?}", before.2);
    let dir = scratch(&database.name);
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let name = database.name.as_str();

    for (format, file) in [("-Fp", "plain"), ("-Fc", "custom"), ("-Fd", "directory"), ("-Ft", "tar")] {
        let dump = path(file);
        let jobs: &[&str] = if format == "-Fd" { &["--jobs=4"] } else { &[] };
        run("pg_dump", &[&[format, "--file", &dump, name], jobs].concat());
        let mut restored = Database::empty();
        let target = restored.name.clone();
        match format {
            "-Fp" => run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", &target, "-f", &dump]),
            _ => run("pg_restore", &[&["--exit-on-error", "--dbname", &target, &dump], jobs].concat()),
        }
        let client = &mut restored.client;
        assert!((catalog(client), rows(client), grants(client, &role)) == before, "{format}");
        assert!((catalog_of(client, "todo_auth"), auth_rows(client)) == auth_before, "{format}");
        works(client);
    }

    // Over an existing database. pg_restore drops the extension first, which the guard allows only with PGOPTIONS.
    let mut target = Database::with_users();
    let clean = ["--clean", "--if-exists", "--exit-on-error", "--dbname", &target.name, &path("custom")];
    let refused = Command::new("pg_restore").args(clean).output().unwrap();
    assert!(!refused.status.success());
    assert_eq!(rows(&mut target.client).len(), 2);
    let lifted = Command::new("pg_restore").args(clean).env("PGOPTIONS", "-c todo.guard=off").output().unwrap();
    assert!(lifted.status.success(), "{}", String::from_utf8_lossy(&lifted.stderr));
    assert!(rows(&mut target.client) == before.1);

    // The data alone, into a database that has the extension.
    for (format, disable) in [("-Fp", "--disable-triggers"), ("-Fc", "--data-only")] {
        let dump = path("data");
        run("pg_dump", &[format, "--data-only", disable, "--file", &dump, name]);
        let mut restored = Database::new();
        restored.client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
        let target = restored.name.clone();
        match format {
            "-Fp" => run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", &target, "-f", &dump]),
            _ => run("pg_restore", &["--exit-on-error", "--data-only", "--dbname", &target, &dump]),
        }
        let client = &mut restored.client;
        assert!(rows(client) == before.1, "{format} {disable}");
        assert!(auth_rows(client) == auth_before.1, "{format} {disable}");
        if disable == "--disable-triggers" {
            // pg_restore enables the triggers again, but not as ALWAYS. The check finds that, and its statements repair it.
            let fixes =
                strings(client, "SELECT fix FROM todo_check() WHERE name LIKE 'trigger %' AND NOT ok ORDER BY name");
            assert_eq!(fixes.len(), 2, "{fixes:?}");
            client.batch_execute(&fixes.join("; ")).unwrap();
        }
        works(client);
    }

    std::fs::remove_dir_all(dir).unwrap();
}

/// Asserts that the sequence goes on, triggers fire, and the guard refuses.
fn works(client: &mut Client) {
    client.batch_execute("SET search_path = public").unwrap();
    let made = task(client, "INSERT INTO tasks (user_id, title) VALUES ('user-1', ' x ') RETURNING *", &[]);
    assert_eq!((made.id, made.title.as_str()), (10001, "x"));
    let failure = Failure::of(client.batch_execute("UPDATE users SET name = ' ' WHERE id = 'user-1'"));
    assert_eq!(failure.fields(), ("23514", Some("name"), Some("users_name_check")));
    assert_eq!(Failure::of(client.batch_execute("DROP EXTENSION todo")).code, "2BP01");
    // The role of these tests has rights that no function has granted.
    let faults = "SELECT name FROM todo_check() WHERE NOT ok AND name NOT LIKE 'rights of test%'";
    assert_eq!(strings(client, faults), [""; 0]);
    assert_eq!(strings(client, "SELECT id FROM todo_find_user('user7@EXAMPLE.com')"), ["user-7"]);
}

/// A dump names no version of the extension. A restore installs the default one, unless the operator has installed another one before.
#[test]
fn dumps_of_older_versions() {
    let (mut database, _) = filled();
    let dir = scratch(&database.name);
    let dump = dir.join("plain").to_str().unwrap().to_owned();
    database.client.batch_execute("ALTER EXTENSION todo UPDATE TO '0.2.0'").unwrap();
    let restore = |database: &mut Database, into: &mut Database| {
        run("pg_dump", &["--file", &dump, &database.name]);
        run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", &into.name, "-f", &dump]);
        assert!(rows(&mut into.client) == rows(&mut database.client));
    };
    let mut restored = Database::empty();
    restore(&mut database, &mut restored);
    works(&mut restored.client);
    // Rows that break rules of the default version.
    database
        .client
        .batch_execute(
            "UPDATE tasks SET completed = NULL WHERE id = 1; UPDATE users SET email = 'x' WHERE id = 'user-1'",
        )
        .unwrap();
    let mut restored = Database::empty();
    restored.client.batch_execute("CREATE EXTENSION todo VERSION '0.2.0'").unwrap();
    restore(&mut database, &mut restored);
    assert!(catalog(&mut restored.client) == catalog(&mut database.client));
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn pg_upgrade_takes_all_along() {
    let old = Server::start();
    for database in ["older", "app", "isolating"] {
        old.connect("postgres").batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    }
    let mut client = old.connect("app");
    client.batch_execute("CREATE EXTENSION todo").unwrap();
    fill(&mut client, "app_role");
    fill_auth(&mut client, "app_role");
    let before = (catalog(&mut client), rows(&mut client), grants(&mut client, "app_role"));
    let auth_before = (catalog_of(&mut client, "todo_auth"), auth_rows(&mut client));
    let mut older = old.connect("older");
    older
        .batch_execute("CREATE EXTENSION todo VERSION '0.2.0'; INSERT INTO users VALUES ('u1', 'x', 'X', '!')")
        .unwrap();
    let before_older = (catalog(&mut older), rows(&mut older));
    let mut isolating = old.connect("isolating");
    isolating
        .batch_execute(
            "CREATE EXTENSION todo; CREATE EXTENSION todo_auth; CREATE ROLE web LOGIN; CREATE ROLE gone; CREATE ROLE other LOGIN;
             SELECT todo_grant('web', 'isolated'); SELECT todo_grant('gone', 'isolated'); SELECT todo_grant('other');
             INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'), ('u2', 'b@b.cd', 'B');
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'), ('u2', 'y');
             DROP OWNED BY gone; SELECT todo_revoke('gone'); DROP ROLE gone;
             INSERT INTO todo_internal.isolated_roles (role) VALUES ('gone')",
        )
        .unwrap();
    let before_isolating = catalog(&mut isolating);

    let new = old.upgrade();
    let mut client = new.connect("app");
    assert_eq!(catalog(&mut client), before.0);
    assert!(rows(&mut client) == before.1);
    assert_eq!(grants(&mut client, "app_role"), before.2);
    assert_eq!(catalog_of(&mut client, "todo_auth"), auth_before.0);
    assert!(auth_rows(&mut client) == auth_before.1);
    works(&mut client);
    let mut older = new.connect("older");
    assert!((catalog(&mut older), rows(&mut older)) == before_older);
    older.batch_execute("DELETE FROM users; ALTER EXTENSION todo UPDATE").unwrap();
    let mut isolating = new.connect("isolating");
    assert_eq!(catalog(&mut isolating), before_isolating);
    let seen = |role| {
        let mut session = new.connect_as("isolating", role);
        session.batch_execute("SET todo.user_id = 'u1'").unwrap();
        strings(&mut session, "SELECT user_id FROM tasks UNION ALL SELECT id FROM todo_users ORDER BY 1")
    };
    assert_eq!(seen("web"), ["u1", "u1"]);
    assert_eq!(seen("other"), ["u1", "u1", "u2", "u2"]);
    isolating.batch_execute("CREATE ROLE gone LOGIN; SELECT todo_grant('gone')").unwrap();
    isolating.batch_execute("SELECT todo_grant('gone', 'isolated')").unwrap();
    assert_eq!(seen("gone"), ["u1", "u1"]);
    assert_eq!(strings(&mut isolating, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

fn scratch(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
