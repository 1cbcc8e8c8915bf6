//! `todo-admin` against a real server: every command, its JSON, and how it fails.

use serde_json::Value;
use std::path::PathBuf;
use todo_tests::admin::{fails, json, ok, run};
use todo_tests::{
    Database, Said, TO_ADOPT, admin, catalog, current_version, keeps_options, rows, said, strings, versions,
};

fn version(database: &mut Database) -> Vec<String> {
    strings(&mut database.client, "SELECT extversion FROM pg_extension WHERE extname = 'todo'")
}

#[test]
fn installing_and_changing_versions() {
    let mut database = Database::empty();
    assert_eq!(fails(&database, &["status"]).0, 1);
    assert_eq!(fails(&database, &["upgrade"]).0, 1);
    assert_eq!(fails(&database, &["doctor"]).0, 2);
    assert_eq!(fails(&database, &["install", "--version", "9.9"]).0, 1);
    assert!(ok(&database, &["install", "--version", "0.1.0", "--schema", "My App"]).contains("0.1.0"));
    assert_eq!(version(&mut database), ["0.1.0"]);
    assert_eq!(fails(&database, &["install"]).0, 1);
    let (code, error) = fails(&database, &["user", "list"]);
    assert_eq!(code, 1);
    assert!(error.contains("todo-admin upgrade"), "{error}");

    let before = catalog(&mut database.client);
    // The path leads through 1.0.0, whose script warns on such a server.
    let warns = keeps_options(&mut database.client);
    let upgrades = |database: &Database, arguments: &[&str]| {
        let said = run(database, arguments);
        assert_eq!((said.code, said.err.contains("dumps leave out")), (0, warns), "{arguments:?}: {}", said.err);
        assert!(warns || said.err.is_empty(), "{arguments:?}: {}", said.err);
        said.out
    };
    let path = upgrades(&database, &["upgrade", "--dry-run"]);
    assert!(path.contains(&versions().join(" -> ")), "{path}");
    assert_eq!(catalog(&mut database.client), before);
    ok(&database, &["upgrade", "--to", "0.2.0"]);
    assert_eq!(version(&mut database), ["0.2.0"]);
    assert_eq!(fails(&database, &["upgrade", "--to", "9.9"]).0, 1);
    // An upgrade must not depend on the default isolation level.
    let serializable = format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", database.name);
    database.client.batch_execute(&serializable).unwrap();
    upgrades(&database, &["upgrade"]);
    assert_eq!(version(&mut database), [current_version()]);
    assert!(ok(&database, &["upgrade"]).contains("already"));
    assert_eq!(fails(&database, &["adopt"]).0, 1);
    assert_eq!(json(&ok(&database, &["status", "--json"]))["schema"], "\"My App\"");
    assert!(ok(&database, &["doctor"]).contains("no findings"));
}

/// What is installed may be newer than the files on the server. Only an operator who names the older version gets it.
#[test]
fn an_upgrade_installs_no_older_version() {
    let mut database = Database::with_users();
    let directory =
        strings(&mut database.client, "SELECT setting || '/extension/' FROM pg_config WHERE name = 'SHAREDIR'");
    // To the server, this is a version that leads back to the newest one.
    let newer = format!("{}.99", current_version());
    let script = PathBuf::from(format!("{}todo--{newer}--{}.sql", directory[0], current_version()));
    std::fs::write(&script, "SELECT 1").unwrap();
    let set_version = format!("UPDATE pg_extension SET extversion = '{newer}' WHERE extname = 'todo'");
    database.client.batch_execute(&set_version).unwrap();
    let outcomes = [&["upgrade", "--dry-run"][..], &["upgrade"]].map(|arguments| run(&database, arguments).code);
    let after = version(&mut database);
    let status = json(&run(&database, &["status", "--json"]).out);
    let back = run(&database, &["upgrade", "--to", current_version()]);
    std::fs::remove_file(script).unwrap();
    assert_eq!((outcomes, after, &status["pending_upgrade"]), ([1, 1], vec![newer], &Value::Null));
    assert_eq!((back.code, version(&mut database)), (0, vec![current_version().to_owned()]), "{}", back.err);
}

#[test]
fn adopting() {
    let mut database = Database::empty();
    database.client.batch_execute(TO_ADOPT[1].1).unwrap();
    database
        .client
        .batch_execute("INSERT INTO users VALUES ('u1', 'no address', 'A', '!', now(), now()), ('u2', 'a@b.cd', 'A', 'plain text', now(), now())")
        .unwrap();
    let before = rows(&mut database.client);
    for arguments in [&["adopt", "--dry-run"][..], &["adopt"]] {
        let (code, error) = fails(&database, arguments);
        assert_eq!(code, 1);
        for part in
            ["users_email_check: 1 row of users, id 'u1'", "users_hashed_password_check: 1 row of users, id 'u2'"]
        {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("plain text"), "{error}");
        assert_eq!((rows(&mut database.client), version(&mut database)), (before.clone(), vec![]));
    }
    database.client.batch_execute("UPDATE users SET email = id || '@b.cd', hashed_password = '!'").unwrap();
    let before = rows(&mut database.client);
    assert!(ok(&database, &["adopt", "--dry-run"]).contains("adopt -> 1.0.0 -> 1.1.0"));
    assert_eq!((rows(&mut database.client), version(&mut database)), (before, vec![]));
    ok(&database, &["adopt"]);
    assert_eq!(version(&mut database), [current_version()]);
}

/// As a superuser, todo-admin would run code that the owner of adopted tables has put on them. It does so only with --trust-owner.
#[test]
fn a_superuser_runs_nothing_of_the_tables_owner() {
    let mut database = Database::empty();
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}; {}; RESET ROLE;
             CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE; SELECT todo_grant('{role}'); SET ROLE {role};
             CREATE FUNCTION gain() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
                 $$ BEGIN EXECUTE 'ALTER ROLE {role} SUPERUSER'; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END $$;
             CREATE INDEX gain ON users ((gain())); RESET ROLE",
            TO_ADOPT[1].1
        ))
        .unwrap();
    let is_superuser = format!("SELECT rolsuper::text FROM pg_roles WHERE rolname = '{role}'");
    let commands: [&[&str]; 7] = [
        &["user", "list"],
        &["user", "show", "u1"],
        &["user", "add", "a@b.cd", "--name", "A", "--locked"],
        &["status"],
        &["stats"],
        &["export", "-"],
        &["backup", env!("CARGO_TARGET_TMPDIR")],
    ];
    for command in commands {
        let code = said(admin(&database.name).args(command), "").code;
        assert_eq!(code, 1, "{command:?}");
        assert_eq!(strings(&mut database.client, &is_superuser), ["false"], "{command:?}");
    }
    said(admin(&database.name).arg("doctor"), "");
    assert_eq!(strings(&mut database.client, &is_superuser), ["false"]);
    database.client.batch_execute("DROP INDEX gain").unwrap();
    ok(&database, &["--trust-owner", "user", "list"]);
}

#[test]
fn status_and_doctor() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute("SELECT todo_create_task('u1', 'x'), todo_create_task('u1', 'y'), todo_complete_task(1, 'u1')")
        .unwrap();
    let status = json(&ok(&database, &["status", "--json"]));
    for (key, value) in
        [("users", 2), ("active_users", 2), ("pending_tasks", 1), ("completed_tasks", 1), ("next_task_id", 3)]
    {
        assert_eq!(status[key], value, "{key}");
    }
    assert_eq!(
        (&status["extension_version"], &status["pending_upgrade"]),
        (&Value::from(current_version()), &Value::Null)
    );
    assert!(ok(&database, &["status"]).contains("2 (1 pending, 1 completed)"));

    let checks = json(&ok(&database, &["doctor", "--json"]));
    assert!(checks.as_array().unwrap().len() > 60);
    assert!(checks.as_array().unwrap().iter().all(|check| check["level"] == "ok"), "{checks}");

    // Findings have a fix, and the exit code says that there are some.
    database
        .client
        .batch_execute("ALTER TABLE users DISABLE TRIGGER zz_todo_before_row; SELECT setval('tasks_id_seq', 1)")
        .unwrap();
    let found = said(admin(&database.name).args(["doctor"]), "");
    assert_eq!(found.code, 1);
    assert!(found.out.contains("2 findings") && found.out.contains("ENABLE TRIGGER"), "{}", found.out);
    let found = said(admin(&database.name).args(["doctor", "--json"]), "");
    let names: Vec<String> = json(&found.out)
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["level"] == "finding")
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (found.code, names),
        (1, vec!["trigger zz_todo_before_row of users".to_owned(), "sequence tasks_id_seq ahead of tasks".to_owned()])
    );

    // A time zone other than UTC is a note, not a finding.
    database
        .client
        .batch_execute("ALTER TABLE users ENABLE TRIGGER zz_todo_before_row; SELECT setval('tasks_id_seq', 2)")
        .unwrap();
    let note = said(admin(&database.name).args(["doctor"]).env("PGOPTIONS", "-c TimeZone=Asia/Karachi"), "");
    assert_eq!(note.code, 0);
    assert!(note.out.contains("Asia/Karachi"), "{}", note.out);
}

/// Even if objects were renamed or moved, doctor reports findings, and does not fail itself.
#[test]
fn doctor_always_answers() {
    for damage in [
        "ALTER SEQUENCE tasks_id_seq RENAME TO other",
        "CREATE SCHEMA other; ALTER TABLE tasks SET SCHEMA other",
        "ALTER TABLE tasks RENAME TO other",
        "ALTER TABLE users RENAME TO other",
    ] {
        let mut database = Database::with_users();
        database.client.batch_execute(&format!("SET todo.guard = off; {damage}")).unwrap();
        let found = run(&database, &["doctor"]);
        assert_eq!((found.code, found.err.as_str()), (1, ""), "{damage}");
        let found = json(&run(&database, &["doctor", "--json"]).out);
        assert!(found.as_array().unwrap().iter().any(|check| check["level"] == "finding"), "{damage}: {found}");
    }
}

/// If the version of a collation has changed since an index was built, searches may miss rows.
#[test]
fn doctor_on_collations() {
    let checks = json(&ok(&Database::new(), &["doctor", "--json"]));
    assert!(!checks.to_string().contains("collation"), "C has no version: {checks}");
    let mut database = Database::created_with("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'");
    let name = database.name.clone();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE EXTENSION todo; SET client_min_messages = error;
             CREATE COLLATION own_collation (provider = icu, locale = 'de-DE');
             CREATE INDEX own_index ON tasks (title COLLATE own_collation)",
        )
        .unwrap();
    let check = |name: &str| {
        let checks = json(&run(&database, &["doctor", "--json"]).out);
        let found = checks.as_array().unwrap().iter().find(|check| check["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("{name}: {checks}"))
    };
    assert_eq!(check("collation of the database")["level"], "ok");
    assert_eq!(check("collation own_collation")["level"], "ok");
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "UPDATE pg_database SET datcollversion = '0.9' WHERE datname = '{name}';
             UPDATE pg_collation SET collversion = '0.9' WHERE collname = 'own_collation'"
        ))
        .unwrap();
    for name in ["collation of the database", "collation own_collation"] {
        let found = check(name);
        assert_eq!(found["level"], "finding", "{found}");
        for statement in found["fix"].as_str().unwrap().split("; ") {
            client.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
        assert_eq!(check(name)["level"], "ok");
    }
}

/// A role may have a time zone that this session does not have.
#[test]
fn doctor_on_time_zones() {
    let database = Database::new();
    let name = database.name.clone();
    let check = || {
        let checks = json(&ok(&database, &["doctor", "--json"]));
        checks.as_array().unwrap().iter().find(|check| check["name"] == "time zones of roles").cloned().unwrap()
    };
    assert_eq!(check()["level"], "ok");
    let set = format!(
        "CREATE ROLE {name}_role; ALTER ROLE {name}_role SET timezone = 'Asia/Karachi';
         ALTER DATABASE {name} SET \"TimeZone\" = 'UTC'; CREATE ROLE {name}_other;
         ALTER ROLE {name}_other IN DATABASE postgres SET timezone = 'Asia/Tokyo'"
    );
    database.connect().batch_execute(&set).unwrap();
    let found = check();
    let detail = found["detail"].as_str().unwrap();
    assert_eq!(found["level"], "note", "{found}");
    assert!(detail.contains(&format!("{name}_role")) && detail.contains("Asia/Karachi"), "{detail}");
    assert!(!detail.contains("UTC") && !detail.contains("Tokyo"), "{detail}");
}

#[test]
fn roles() {
    let mut database = Database::with_users();
    let role = format!("{}_role", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
    let rights = ok(&database, &["grant", &role]);
    assert!(rights.contains("tasks: SELECT, INSERT, UPDATE, DELETE") && rights.contains("users: nothing"), "{rights}");
    assert!(ok(&database, &["grant", &role, "--tables"]).contains("  users: SELECT, INSERT, UPDATE, DELETE"));
    let rights = ok(&database, &["grant", &role, "--isolated"]);
    assert!(rights.contains("tasks: SELECT, INSERT, UPDATE, DELETE") && rights.contains("users: nothing"), "{rights}");
    assert_eq!(json(&ok(&database, &["status", "--json"]))["isolated_roles"], serde_json::json!([role]));
    assert!(ok(&database, &["status"]).contains(&role));
    assert_eq!(run(&database, &["grant", &role, "--isolated", "--tables"]).code, 2);
    assert!(fails(&database, &["-v", "grant", "postgres", "--isolated"]).1.contains("0LP01"));
    let rights = ok(&database, &["revoke", &role]);
    assert_eq!(json(&ok(&database, &["status", "--json"]))["isolated_roles"], serde_json::json!([]));
    assert!(rights.contains("API: 0") && rights.contains("tasks: nothing"), "{rights}");
    assert!(fails(&database, &["-v", "grant", "nobody_of_that_name"]).1.contains("42704"));
    database.client.batch_execute(&format!("DROP ROLE {role}")).unwrap();
}

#[test]
fn failures_say_what_to_do() {
    let mut database = Database::with_users();
    let none = |dsn: &str| {
        let Said { code, err, .. } = said(admin("x").args(["--dsn", dsn, "status"]).env_remove("PGHOST"), "");
        assert_eq!(err.lines().count(), 1, "{err}");
        (code, err)
    };
    assert_eq!(none("host=/nothing/here").0, 1);
    assert_eq!(none("postgresql://127.0.0.1:1/x").0, 1);
    assert_eq!(none("mysql://127.0.0.1/x").0, 2);
    assert_eq!(none("service=nothing_of_the_kind").0, 2);
    assert_eq!(none("postgresql://me:s3cr3t-word@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nothing").0, 2);
    assert!(!none("postgresql://me:s3cr3t-word@127.0.0.1:1/x").1.contains("s3cr3t-word"));
    assert!(fails(&database, &["--dsn", "dbname=nothing_of_the_kind", "-v", "status"]).1.contains("3D000"));
    let usage = said(admin(&database.name).args(["nothing"]), "");
    assert_eq!(usage.code, 2);

    // A role without rights.
    let role = database.role("role");
    let user = format!("user={role}");
    for arguments in [
        &["user", "add", "c@b.cd", "--name", "C", "--locked"][..],
        &["status"],
        &["grant", "postgres"],
        &["upgrade", "--to", "0.2.0"],
    ] {
        let (code, error) =
            fails(&database, &[&["-v", "--dsn", &format!("{user} dbname={}", database.name)], arguments].concat());
        assert_eq!(code, 1);
        assert!(error.contains("42501"), "{error}");
    }

    // A reader that closes the pipe early.
    let program = admin(&database.name);
    let pipe = format!("'{}' user list --json | head -c 1", program.get_program().to_str().unwrap());
    database
        .client
        .batch_execute("INSERT INTO users (email, name) SELECT i || '@b.cd', 'X' FROM generate_series(1, 5000) AS i")
        .unwrap();
    let piped = said(
        std::process::Command::new("bash")
            .args(["-c", &format!("set -o pipefail; {pipe}")])
            .env("PGDATABASE", &database.name),
        "",
    );
    assert_eq!((piped.code, piped.out.as_str(), piped.err.as_str()), (141, "[", ""));
}

#[test]
fn connecting_as_psql_does() {
    let database = Database::with_users();
    let home = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-home", database.name));
    std::fs::create_dir_all(&home).unwrap();
    let host = std::env::var("PGHOST").unwrap();
    let service = format!("[app]\n# the application's\nhost={host}\ndbname={}\nuser=postgres\n", database.name);
    std::fs::write(home.join(".pg_service.conf"), service).unwrap();
    let url = format!("postgresql://postgres@{}/{}", host.replace('/', "%2F"), database.name);
    let bare = || {
        let mut command = admin("nothing_of_the_kind");
        command.env("HOME", &home).env_remove("PGHOST").env_remove("PGUSER");
        command
    };
    for mut command in [
        {
            let mut c = bare();
            c.args(["--dsn", &url]);
            c
        },
        {
            let mut c = bare();
            c.env("DATABASE_URL", &url);
            c
        },
        {
            let mut c = bare();
            c.args(["--dsn", "service=app"]);
            c
        },
        {
            let mut c = bare();
            c.env("PGSERVICE", "app");
            c
        },
        {
            let mut c = bare();
            c.args(["--dsn", &format!("host='{host}' dbname={} user=postgres", database.name)]);
            c
        },
        {
            let mut c = bare();
            c.env("PGHOST", &host).env("PGUSER", "postgres").args(["--dsn", &database.name]);
            c
        },
    ] {
        let said = said(command.args(["status", "--json"]), "");
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{command:?}");
        assert_eq!(json(&said.out)["database"], database.name.as_str());
    }
    std::fs::remove_dir_all(home).unwrap();
}

/// If a constraint of the application fails, PostgreSQL's error shows the row with its hash. todo-admin leaves that out.
#[test]
fn no_error_shows_a_hash() {
    let mut database = Database::new();
    database.client.batch_execute("ALTER TABLE users ADD CONSTRAINT corp CHECK (email LIKE '%@example.com')").unwrap();
    let mut command = admin(&database.name);
    let refused =
        said(command.args(["-v", "user", "add", "x@y.org", "--name", "X", "--password-stdin"]), "long enough");
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("23514") && refused.err.contains("corp") && !refused.err.contains("$2b$"),
        "{}",
        refused.err
    );
    for dsn in
        ["mysql://u:s3cret@h/db?x=1", "postgres+x//u:s3cret@h/db?sslmode=require", "postgresql://u:s3cret/x@h/db"]
    {
        let refused = said(admin(&database.name).args(["--dsn", dsn, "status"]), "");
        assert!(refused.code != 0 && !refused.err.contains("s3cret"), "{}", refused.err);
    }
}

/// A command does its work even if nobody reads its output.
#[test]
fn a_reader_who_has_gone() {
    let mut database = Database::empty();
    let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
    let piped = |script: String| {
        said(std::process::Command::new("bash").args(["-c", &script]).env("PGDATABASE", &database.name), "").code
    };
    assert_eq!(piped(format!("set -o pipefail; '{program}' install | true")), 0);
    assert_eq!(version(&mut database), [current_version()]);
}

/// If policies hide rows from the operator, commands fail instead of working on some of the rows.
#[test]
fn policies_hide_no_rows() {
    let mut database = Database::with_users();
    let role = format!("{}_role", database.name);
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_create_task('u1', 'x'); CREATE ROLE {role} LOGIN; SELECT todo_grant('{role}', 'tables');
             ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA todo_internal TO {role}"
        ))
        .unwrap();
    for arguments in [&["export", "-"][..], &["user", "delete", "u1", "--yes"], &["status"], &["stats"]] {
        let refused = said(admin(&database.name).arg("-v").args(arguments).env("PGUSER", &role), "");
        assert_eq!(refused.code, 1, "{arguments:?}: {}", refused.out);
        assert!(refused.err.contains("42501"), "{arguments:?}: {}", refused.err);
    }
}
