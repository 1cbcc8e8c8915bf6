//! `todo-admin user`, and how it asks and helps.

use serde_json::Value;
use todo_tests::admin::{fails, json, ok, run, shell_on_terminal, terminal};
use todo_tests::{Database, Edition, HASH, admin, said, server_log, strings};

/// The settings with which a server logs the most of a session.
const LOGGED: [(&str, &str); 12] = [
    ("log_statement", "all"),
    ("log_min_duration_statement", "0"),
    ("log_min_messages", "debug1"),
    ("log_min_error_statement", "debug1"),
    ("log_parameter_max_length", "-1"),
    ("log_parameter_max_length_on_error", "-1"),
    ("log_error_verbosity", "verbose"),
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_verbose", "on"),
    ("auto_explain.log_nested_statements", "on"),
    ("debug_print_plan", "on"),
];

/// Those with which a plan shows a hash to a superuser, where functions are in PL/pgSQL.
const SHOWS_PARAMETERS: [&str; 5] = [
    "session_preload_libraries",
    "auto_explain.log_min_duration",
    "auto_explain.log_verbose",
    "auto_explain.log_nested_statements",
    "debug_print_plan",
];

#[test]
fn users() {
    let mut database = Database::new();
    database.set_cost(5);
    let mut options = String::new();
    for (name, value) in LOGGED {
        match Edition::current() {
            Edition::Extension => options += &format!("-c {name}={value} "),
            // Its owner is no superuser. So one has set this, and has kept the parameters of statements out of the log, as the page says.
            Edition::Sql if SHOWS_PARAMETERS.contains(&name) => {}
            Edition::Sql => {
                let value = if name.starts_with("log_parameter") { "0" } else { value };
                let set = format!("ALTER ROLE {} SET {name} = '{value}'", Edition::Sql.owner(&database.name));
                database.client.batch_execute(&set).unwrap();
            }
        }
    }
    // Neither the server's log, with all statements in it, nor an error shows a password or hash.
    let canary = "canary-4711-password";
    let logged =
        |arguments: &[&str], input: &str| said(admin(&database.name).args(arguments).env("PGOPTIONS", &options), input);
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
    assert!(!log.contains("canary-4711") && !log.contains("$2b$05$"));

    ok(&database, &["user", "add", "bob@example.com", "--name", "Bob", "--locked"]);
    for taken in ["BOB@example.com", "bob@example.com"] {
        let (code, error) = fails(&database, &["-v", "user", "add", taken, "--name", "B", "--locked"]);
        assert_eq!(code, 1);
        assert!(error.contains("23505") && error.contains("already exists"), "{error}");
        assert!(!error.contains("ix_users_email") && !error.contains("lower("), "{error}");
    }
    // An index of the application is not taken for that of addresses.
    database
        .connect()
        .batch_execute("SET client_min_messages = error; CREATE UNIQUE INDEX own_index ON users (name)")
        .unwrap();
    let (code, error) = fails(&database, &["-v", "user", "add", "other@example.com", "--name", "Bob", "--locked"]);
    assert!(code == 1 && error.contains("23505") && error.contains("own_index"), "{error}");
    database.connect().batch_execute("DROP INDEX own_index").unwrap();
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

/// A command that has changed nothing says so: a trigger may keep a row, or the user may be deleted while the operator answers.
#[test]
fn a_change_that_did_not_happen() {
    let mut database = Database::with_users();
    let owner = Edition::current().owner(&database.name);
    database
        .client
        .batch_execute(&format!(
            "UPDATE users SET is_active = false WHERE id = 'u2'; SET ROLE {owner};
             CREATE FUNCTION own_keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER own_keep BEFORE UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION own_keep(); RESET ROLE"
        ))
        .unwrap();
    let state = "SELECT users::text FROM users ORDER BY id";
    let before = strings(&mut database.client, state);
    for arguments in [
        &["user", "verify-email", "u1"][..],
        &["user", "disable", "u1"],
        &["user", "enable", "u2"],
        &["user", "delete", "u1", "--yes"],
    ] {
        let said = run(&database, arguments);
        assert_eq!((said.code, said.out.as_str(), said.err.lines().count()), (1, "", 1), "{arguments:?}: {}", said.err);
    }
    assert_eq!(strings(&mut database.client, state), before);
    database.client.batch_execute("DROP TRIGGER own_keep ON users").unwrap();

    for (arguments, question) in [("user passwd u1", "New password: "), ("user delete u2", "[y/N] ")] {
        let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
        let mut session = shell_on_terminal(&database, &format!("'{program}' {arguments}; echo \"code $?\""));
        session.exp_string(question).unwrap();
        let user = arguments.split(' ').next_back().unwrap();
        database.client.batch_execute(&format!("DELETE FROM users WHERE id = '{user}'")).unwrap();
        if question == "[y/N] " {
            session.send_line("y").unwrap();
        } else {
            session.send_line("long enough").unwrap();
            session.exp_string("Enter it again: ").unwrap();
            session.send_line("long enough").unwrap();
        }
        let end = session.exp_eof().unwrap();
        assert!(end.contains("code 1"), "{arguments}: {end}");
    }
}

#[test]
fn prompts_on_a_terminal() {
    let mut database = Database::new();
    database.client.batch_execute(&format!("ALTER DATABASE {} SET todo.bcrypt_cost = 4", database.name)).unwrap();
    let password = "typed-0815-password";
    let mut session = terminal(&database, "user add ada@example.com --name Ada");
    session.exp_string("New password: ").unwrap();
    session.send_line(password).unwrap();
    let echoed = session.exp_string("Enter it again: ").unwrap();
    session.send_line(password).unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("added"), "{rest}");
    assert!(!format!("{echoed}{rest}").contains("typed-0815"), "no echo");
    let login = database.client.query("SELECT * FROM todo_authenticate('ada@example.com', $1)", &[&password]).unwrap();
    assert_eq!(login.len(), 1);

    let mut session = terminal(&database, "user passwd ada@example.com");
    session.exp_string("New password: ").unwrap();
    session.send_line("one password").unwrap();
    session.exp_string("Enter it again: ").unwrap();
    session.send_line("another password").unwrap();
    assert!(session.exp_eof().unwrap().contains("differ"));

    // What cannot be a password is not asked for again.
    for bad in ["brief".to_owned(), "x".repeat(73)] {
        let mut session = terminal(&database, "user passwd ada@example.com");
        session.exp_string("New password: ").unwrap();
        session.send_line(&bad).unwrap();
        let rest = session.exp_eof().unwrap();
        assert!(rest.contains("than") && !rest.contains("again"), "{rest}");
    }

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
    // The shell takes the script, and completes words at each level.
    let bash = admin(&database.name);
    let program = bash.get_program().to_str().unwrap();
    for (words, completed) in [
        ("ba", "backup"),
        ("user sh", "show"),
        ("shards spl", "split"),
        ("user add --passw", "--password-stdin"),
        ("move --to ext", "extension"),
        ("help user pas", "passwd"),
    ] {
        let check = format!(
            "eval \"$('{program}' completions bash)\" && complete -p todo-admin >/dev/null
             COMP_WORDS=(todo-admin {words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             _todo__admin todo-admin \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\" && echo \"${{COMPREPLY[*]}}\""
        );
        let said = said(std::process::Command::new("bash").args(["-c", &check]), "");
        assert_eq!((said.code, said.out.trim_end()), (0, completed), "{words}: {}", said.err);
    }
}

/// Passwords are hashed at the cost that holds in a session with the library, not at what a role has written down.
#[test]
fn a_cost_that_the_library_refuses() {
    let mut database = Database::new();
    let mut command = admin(&database.name);
    command.args(["user", "add", "ada@example.com", "--name", "Ada", "--password-stdin"]);
    let added = said(command.env("PGOPTIONS", "-c todo.bcrypt_cost=3"), "long enough\n");
    assert_eq!(added.code, 0, "{}", added.err);
    assert_eq!(strings(&mut database.client, "SELECT left(hashed_password, 7) FROM users"), ["$2b$12$"], "the default");
}

/// The lines of help that describe an argument or option, and whether they do.
fn described(help: &str) -> Vec<(String, bool)> {
    let sections = help.lines().skip_while(|line| !matches!(*line, "Arguments:" | "Options:"));
    let lines: Vec<&str> = sections.filter(|line| line.starts_with("  ")).collect();
    let is_entry = |line: &str| {
        let entry = line.trim_start();
        line.len() - entry.len() < 8 && entry.starts_with(['<', '[', '-'])
    };
    let has_text = |index: usize| {
        let next = lines.get(index + 1).is_some_and(|next| !is_entry(next));
        lines[index].trim_start().split_once("  ").is_some_and(|(_, text)| !text.trim().is_empty()) || next
    };
    let entries = lines.iter().enumerate().filter(|(_, line)| is_entry(line));
    entries.map(|(index, line)| (line.trim().to_owned(), has_text(index))).collect()
}

#[test]
fn every_argument_has_a_help_text() {
    fn check(path: &[&str], seen: &mut usize) {
        let help = said(admin("x").args(path).arg("--help"), "").out;
        for (entry, is_described) in described(&help) {
            assert!(is_described, "{path:?}: {entry}");
            *seen += 1;
        }
        assert_eq!(help.matches("--version").count(), usize::from(path.is_empty() || path == ["install"]), "{path:?}");
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for command in commands.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()) {
            if command != "help" && !path.contains(&command) {
                check(&[path, &[command]].concat(), seen);
            }
        }
    }
    let mut seen = 0;
    check(&[], &mut seen);
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_list_for_the_terminal() {
    let mut database = Database::new();
    let role = format!("{}_role", database.name);
    let users = "INSERT INTO users (email, name, hashed_password, is_active, email_verified) VALUES
         ('ada@example.com', 'Ada', $1, true, true), ('bob@example.com', 'Bob', '!', true, false),
         ('cy@example.com', 'Cy', $1, false, false), ('di@example.com', 'Di', '!', false, false)";
    database.client.execute(users, &[&HASH]).unwrap();
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let list = ok(&database, &["user", "list"]);
    let status = |list: &str, email: &str| {
        let line = list.lines().find(|line| line.contains(email)).unwrap_or_else(|| panic!("{email}: {list}"));
        line.split("  ").filter(|cell| !cell.is_empty()).nth(2).unwrap().trim().to_owned()
    };
    for (email, expected) in [("ada", "active"), ("bob", "locked"), ("cy", "inactive"), ("di", "inactive, locked")] {
        assert_eq!(status(&list, email), expected, "{list}");
        assert_eq!(
            ok(&database, &["user", "show", &format!("{email}@example.com")]).contains("locked"),
            expected.contains("locked")
        );
    }
    assert!(lines(&list).iter().all(|line| line.chars().count() <= 80), "{list}");
    let listed = json(&ok(&database, &["user", "list", "--json"]));
    for user in listed.as_array().unwrap() {
        let is_locked = ["bob@example.com", "di@example.com"].contains(&user["email"].as_str().unwrap());
        assert_eq!(user["locked"], is_locked, "{user}");
    }
    // A role that may not read the table is not told, and needs not be.
    database.client.batch_execute(&format!("CREATE ROLE {role} LOGIN; SELECT todo_grant('{role}')")).unwrap();
    let seen = said(admin(&database.name).args(["user", "list", "--json"]).env("PGUSER", &role), "");
    assert_eq!((seen.code, seen.err.as_str()), (0, ""));
    assert!(json(&seen.out).as_array().unwrap().iter().all(|user| user["locked"].is_null()), "{}", seen.out);

    // The longest that there can be, on a terminal; a pipe gets all of it.
    let (local, name) = ("l".repeat(60), "\u{540d}".repeat(100));
    let email = format!("{local}@example.com");
    database
        .client
        .execute("INSERT INTO users (email, name, is_active) VALUES ($1, $2, false)", &[&email, &name])
        .unwrap();
    let seen = terminal(&database, "user list").exp_eof().unwrap();
    // The terminal's reader takes each byte for a character.
    let seen = String::from_utf8(seen.chars().map(|c| u8::try_from(c).unwrap()).collect()).unwrap();
    let plain = seen.replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
    assert_eq!(lines(&plain).len(), 6, "{plain}");
    for line in lines(&plain) {
        // A wide character takes two columns.
        let width: usize = line.chars().map(|c| if c == '\u{540d}' { 2 } else { 1 }).sum();
        assert!(width <= 80, "{width}: {line}");
    }
    assert!(plain.contains("lllll") && plain.contains("inactive, locked"), "{plain}");
    assert!(ok(&database, &["user", "list"]).contains(&email));
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

/// Ctrl-C at a prompt ends the program, and the terminal echoes as before.
#[test]
fn an_interrupt_at_a_prompt() {
    let mut database = Database::with_users();
    for arguments in ["user delete u1", "user passwd u1"] {
        let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
        // The shell must outlive the program, to say how it ended and what the terminal is like.
        let script = format!("trap : INT; '{program}' {arguments}; echo \"code $?\"; stty -a");
        let mut session = shell_on_terminal(&database, &script);
        session.exp_regex("[?:] (\\[y/N\\] )?").unwrap();
        session.send_control('c').unwrap();
        let end = session.exp_eof().unwrap();
        assert!(end.contains("code 130"), "{arguments}: {end}");
        assert!(end.contains(" echo ") && !end.contains("-echo "), "{arguments}: {end}");
    }
    assert_eq!(strings(&mut database.client, "SELECT id FROM users ORDER BY id"), ["u1", "u2"]);
}
