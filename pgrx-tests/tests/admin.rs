//! `todo-admin` against a real server: every command, its JSON, and how it fails.

use rexpect::session::{Options, spawn_with_options};
use serde_json::Value;
use todo_tests::{Database, HASH, Said, TO_ADOPT, admin, catalog, rows, said, server_log, strings};

/// Runs a command that must succeed; its standard output.
#[track_caller]
fn ok(database: &Database, arguments: &[&str]) -> String {
    ok_with(database, arguments, "")
}

#[track_caller]
fn ok_with(database: &Database, arguments: &[&str], input: &str) -> String {
    let said = said(admin(&database.name).args(arguments), input);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
    said.out
}

/// Runs a command that must fail: its exit code, and its one line of error.
#[track_caller]
fn fails(database: &Database, arguments: &[&str]) -> (i32, String) {
    let Said { code, err, .. } = said(admin(&database.name).args(arguments), "");
    assert_eq!(err.lines().count(), 1, "{arguments:?}: {err}");
    (code, err)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

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
    let path = ok(&database, &["upgrade", "--dry-run"]);
    assert!(path.contains("0.1.0 -> 0.2.0 -> 1.0.0"), "{path}");
    assert_eq!(catalog(&mut database.client), before);
    ok(&database, &["upgrade", "--to", "0.2.0"]);
    assert_eq!(version(&mut database), ["0.2.0"]);
    assert_eq!(fails(&database, &["upgrade", "--to", "9.9"]).0, 1);
    // Whatever the database's default is.
    let serializable = format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", database.name);
    database.client.batch_execute(&serializable).unwrap();
    ok(&database, &["upgrade"]);
    assert_eq!(version(&mut database), ["1.0.0"]);
    assert!(ok(&database, &["upgrade"]).contains("already"));
    assert_eq!(fails(&database, &["adopt"]).0, 1);
    assert_eq!(json(&ok(&database, &["status", "--json"]))["schema"], "\"My App\"");
    assert!(ok(&database, &["doctor"]).contains("no findings"));
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
    assert!(ok(&database, &["adopt", "--dry-run"]).contains("adopt -> 0.2.0 -> 1.0.0"));
    assert_eq!((rows(&mut database.client), version(&mut database)), (before, vec![]));
    ok(&database, &["adopt"]);
    assert_eq!(version(&mut database), ["1.0.0"]);
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
    assert_eq!((&status["extension_version"], &status["pending_upgrade"]), (&Value::from("1.0.0"), &Value::Null));
    assert!(ok(&database, &["status"]).contains("2 (1 pending, 1 completed)"));

    let checks = json(&ok(&database, &["doctor", "--json"]));
    assert!(checks.as_array().unwrap().len() > 60);
    assert!(checks.as_array().unwrap().iter().all(|check| check["level"] == "ok"), "{checks}");

    // What is not as it should be is found, with what to do, and by the exit code.
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

    // A zone that is not UTC is worth a note, and no finding.
    database
        .client
        .batch_execute("ALTER TABLE users ENABLE TRIGGER zz_todo_before_row; SELECT setval('tasks_id_seq', 2)")
        .unwrap();
    let note = said(admin(&database.name).args(["doctor"]).env("PGOPTIONS", "-c TimeZone=Asia/Karachi"), "");
    assert_eq!(note.code, 0);
    assert!(note.out.contains("Asia/Karachi"), "{}", note.out);
}

#[test]
fn users() {
    let mut database = Database::new();
    database.client.batch_execute(&format!("ALTER DATABASE {} SET todo.bcrypt_cost = 5", database.name)).unwrap();
    // Neither the server's log, with all statements in it, nor an error shows a password or hash.
    let canary = "canary-4711-password";
    let logged = |arguments: &[&str], input: &str| {
        let mut command = admin(&database.name);
        said(command.args(arguments).env("PGOPTIONS", "-c log_statement=all -c log_min_duration_statement=0"), input)
    };
    let added =
        logged(&["user", "add", "Ada@example.com", "--name", " Ada ", "--password-stdin"], &format!("{canary}\n"));
    assert_eq!((added.code, added.err.as_str()), (0, ""));
    let login = |password: &str| {
        let mut client = database.connect();
        client.query("SELECT * FROM todo_authenticate('ada@EXAMPLE.com', $1)", &[&password]).unwrap().len()
    };
    assert_eq!(login(canary), 1);
    assert_eq!(
        strings(&mut database.connect(), "SELECT left(hashed_password, 7) FROM users"),
        ["$2b$05$"],
        "the database's cost"
    );
    assert_eq!(logged(&["user", "passwd", "ada@example.com", "--password-stdin"], &format!("{canary}-2\n")).code, 0);
    assert_eq!((login(canary), login(&format!("{canary}-2"))), (0, 1));
    for (password, part) in [("brief", "shorter than 8"), (&*canary.repeat(4), "longer than 72")] {
        let refused = logged(&["user", "passwd", "ada@example.com", "--password-stdin"], password);
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains(part) && !refused.err.contains(password), "{}", refused.err);
    }
    let log = server_log();
    assert!(log.contains("todo_set_password_hash"), "the statements are in the log");
    assert!(!log.contains("canary-4711"));

    ok(&database, &["user", "add", "bob@example.com", "--name", "Bob", "--locked"]);
    let (code, error) = fails(&database, &["-v", "user", "add", "BOB@example.com", "--name", "B", "--locked"]);
    assert_eq!(code, 1);
    assert!(error.contains("23505"), "{error}");
    assert!(fails(&database, &["-v", "user", "add", "bob", "--name", "B", "--locked"]).1.contains("23514"));

    let list = json(&ok(&database, &["user", "list", "--json"]));
    let emails: Vec<&str> = list.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["Ada@example.com", "bob@example.com"]);
    assert!(!list.to_string().contains("$2b$"));
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let created = list[0]["created_at"].as_str().unwrap();
    assert!(created.len() >= 20 && created.ends_with('Z') && created.contains('T'), "RFC 3339: {created}");
    assert!(ok(&database, &["user", "list"]).contains("Ada@example.com"));

    database.connect().execute("SELECT todo_create_task($1, 'x')", &[&id]).unwrap();
    let shown = json(&ok(&database, &["user", "show", "ADA@example.com", "--json"]));
    assert_eq!(
        (&shown["id"], &shown["pending_tasks"], &shown["email_verified"]),
        (&Value::from(id.clone()), &Value::from(1), &Value::from(false))
    );
    ok(&database, &["user", "verify-email", &id]);
    ok(&database, &["user", "disable", &id]);
    let shown = json(&ok(&database, &["user", "show", &id, "--json"]));
    assert_eq!((&shown["active"], &shown["email_verified"]), (&Value::from(false), &Value::from(true)));
    ok(&database, &["user", "enable", &id]);
    assert_eq!(login(&format!("{canary}-2")), 1);

    assert_eq!(fails(&database, &["user", "delete", &id]).0, 2, "asks, and there is nobody to answer");
    assert_eq!(fails(&database, &["user", "passwd", &id]).0, 2);
    assert_eq!(fails(&database, &["user", "delete", "nobody", "--yes"]).0, 1);
    assert!(ok(&database, &["user", "delete", &id, "--yes"]).contains("1 task"));
    assert_eq!(strings(&mut database.client, "SELECT email FROM users"), ["bob@example.com"]);
}

/// A terminal on which `todo-admin` runs.
fn terminal(database: &Database, arguments: &str) -> rexpect::session::PtySession {
    let program = admin(&database.name);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("exec '{}' {arguments}", program.get_program().to_str().unwrap())]);
    command.env("PGDATABASE", &database.name).env_remove("DATABASE_URL");
    let options = Options::new().timeout_ms(Some(20_000));
    spawn_with_options(command, options).unwrap()
}

#[test]
fn prompts_on_a_terminal() {
    let mut database = Database::new();
    database.client.batch_execute(&format!("ALTER DATABASE {} SET todo.bcrypt_cost = 4", database.name)).unwrap();
    let password = "typed-0815-password";
    let mut session = terminal(&database, "user add ada@example.com --name Ada");
    session.exp_string("New password: ").unwrap();
    session.send_line(password).unwrap();
    let echoed = session.exp_string("Once more: ").unwrap();
    session.send_line(password).unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("added"), "{rest}");
    assert!(!format!("{echoed}{rest}").contains("typed-0815"), "no echo");
    let login = database.client.query("SELECT * FROM todo_authenticate('ada@example.com', $1)", &[&password]).unwrap();
    assert_eq!(login.len(), 1);

    let mut session = terminal(&database, "user passwd ada@example.com");
    session.exp_string("New password: ").unwrap();
    session.send_line("one password").unwrap();
    session.exp_string("Once more: ").unwrap();
    session.send_line("another password").unwrap();
    assert!(session.exp_eof().unwrap().contains("differ"));

    for (answer, left) in [("n", 1), ("", 1), ("y", 0)] {
        let mut session = terminal(&database, "user delete ada@example.com");
        let asked = session.exp_string("[y/N] ").unwrap();
        assert!(asked.contains("no tasks"), "{asked}");
        session.send_line(answer).unwrap();
        session.exp_eof().unwrap();
        let users: i64 = database.client.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
        assert_eq!(users, left, "{answer}");
    }
    // Colours are for terminals.
    let seen = terminal(&database, "doctor").exp_eof().unwrap();
    assert!(seen.contains("\u{1b}["), "{seen:?}");
    assert!(!terminal(&database, "doctor </dev/null | cat").exp_eof().unwrap().contains('\u{1b}'));
    assert!(!ok(&database, &["doctor"]).contains('\u{1b}'));
}

#[test]
fn roles() {
    let mut database = Database::with_users();
    let role = format!("{}_role", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
    let rights = ok(&database, &["grant", &role]);
    assert!(rights.contains("tasks: SELECT, INSERT, UPDATE, DELETE") && rights.contains("users: nothing"), "{rights}");
    assert!(ok(&database, &["grant", &role, "--tables"]).contains("  users: SELECT, INSERT, UPDATE, DELETE"));
    let rights = ok(&database, &["revoke", &role]);
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

    // A role that may not.
    let role = format!("{}_role", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role} LOGIN")).unwrap();
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
    database.client.batch_execute(&format!("DROP ROLE {role}")).unwrap();

    // A reader who has seen enough.
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

#[test]
fn help_and_completions() {
    let database = Database::empty();
    let program = "todo-admin";
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "user", "add"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let said = said(admin(&database.name).args(arguments).env("PGHOST", "/nothing"), "");
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        assert!(said.out.contains(program), "{arguments:?}");
    }
    // The shell takes the script.
    let bash = admin(&database.name);
    let check =
        format!("eval \"$('{}' completions bash)\" && complete -p todo-admin", bash.get_program().to_str().unwrap());
    assert_eq!(said(std::process::Command::new("bash").args(["-c", &check]), "").code, 0);
}

/// Nobody needs a hash to look at users.
#[test]
fn no_command_shows_a_hash() {
    let mut database = Database::new();
    database
        .client
        .execute("INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'a@b.cd', 'A', $1)", &[&HASH])
        .unwrap();
    for arguments in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["user", "show", "u1"],
        &["user", "show", "u1", "--json"],
        &["status"],
        &["doctor"],
    ] {
        assert!(!ok(&database, arguments).contains("$2b$"), "{arguments:?}");
    }
}

/// A constraint of the application's fails: PostgreSQL shows the row, hash and all, and we do not.
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

/// Nobody reads what a command says: it does its work all the same. A cut export is no success.
#[test]
fn a_reader_who_has_gone() {
    let mut database = Database::empty();
    let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
    let piped = |script: String| {
        said(std::process::Command::new("bash").args(["-c", &script]).env("PGDATABASE", &database.name), "").code
    };
    assert_eq!(piped(format!("set -o pipefail; '{program}' install | true")), 0);
    assert_eq!(version(&mut database), ["1.0.0"]);
}

/// Policies hide rows from an operator who is subject to them: an error, not half an answer.
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
    database.client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

/// Ctrl-C at a prompt ends the program, and the terminal echoes as before.
#[test]
fn an_interrupt_at_a_prompt() {
    let mut database = Database::with_users();
    for arguments in ["user delete u1", "user passwd u1"] {
        let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
        let mut command = std::process::Command::new("sh");
        // The shell must outlive the program, to say how it ended and what the terminal is like.
        command
            .args(["-c", &format!("trap : INT; '{program}' {arguments}; echo \"code $?\"; stty -a")])
            .env("PGDATABASE", &database.name);
        let mut session = spawn_with_options(command, Options::new().timeout_ms(Some(20_000))).unwrap();
        session.exp_regex("[?:] (\\[y/N\\] )?").unwrap();
        session.send_control('c').unwrap();
        let end = session.exp_eof().unwrap();
        assert!(end.contains("code 130"), "{arguments}: {end}");
        assert!(end.contains(" echo ") && !end.contains("-echo "), "{arguments}: {end}");
    }
    assert_eq!(strings(&mut database.client, "SELECT id FROM users ORDER BY id"), ["u1", "u2"]);
}
