//! Dumps leave out what an application adds to the tables. It is listed, kept in a file beside a backup, and created again by a restore.

use postgres::Client;
use postgres::NoTls;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use todo_tests::admin::{Scratch, fails, json, run, terminal};
use todo_tests::{Database, EXTRAS, Edition, Failure, TO_ADOPT, admin, major, said, strings};

/// A database with users, all kinds of additions, and a role that they name.
fn extended() -> (Database, String) {
    let mut database = Database::with_users();
    let role = format!("{} Role", database.name);
    database.client.batch_execute(&EXTRAS.replace("ROLE Odd", &role)).unwrap();
    (database, role)
}

/// The additions, in an order in which they can be created.
fn extras(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT severity || ' ' || object || ': ' || ddl FROM todo_not_in_dumps()")
}

/// How many of the additions dumps include after all: places in publications, from 18 on.
fn dumped(client: &mut Client) -> usize {
    if major(client) < 18 { 0 } else { 2 }
}

#[test]
fn what_the_extensions_make_is_not_listed() {
    let mut database = Database::with_auth();
    assert_eq!(extras(&mut database.client), [""; 0]);
    for (kind, tables) in TO_ADOPT {
        let mut database = Database::empty();
        database.client.batch_execute(tables).unwrap();
        database.client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
        assert_eq!(extras(&mut database.client), [""; 0], "{kind}");
    }
}

/// Each addition is listed with a statement that creates it. Run in another database, these statements lead to the same list.
#[test]
fn every_kind_is_listed_with_what_makes_it_again() {
    let (mut database, _) = extended();
    let client = &mut database.client;
    let listed = extras(client);
    for part in [
        "error policy \"own Policy\" of public.tasks",
        "error policy own_2 of public.tasks",
        "error row-level security of public.tasks",
        "error options of public.todo_users",
        "warning options of public.tasks",
        "warning options of public.tasks_id_seq",
        "warning settings of column description of public.tasks",
        "warning index own_index of public.tasks",
        "warning index \"Own \"\"ix\" of public.users",
        "warning constraint own_check of public.tasks",
        "warning constraint own_unique of public.users",
        "warning constraint own_fk of public.tasks",
        "warning clustering of public.tasks",
        "warning replica identity of public.users",
        "warning statistics public.own_statistics of public.tasks",
        "warning statistics public.own_expression of public.tasks",
        "warning rule own_off of public.users",
        "warning trigger own_d of public.tasks",
        "warning trigger own_view of public.todo_users",
        "warning comment of public.tasks_id_seq",
        "warning comment on policy own_2 of public.tasks",
        "warning comment on index ix_users_email of public.users",
    ] {
        assert_eq!(
            listed.iter().filter(|line| line.starts_with(&format!("{part}: "))).count(),
            1,
            "{part}: {listed:?}"
        );
    }
    let dumped = dumped(client);
    assert_eq!(listed.len(), 40 - dumped, "{listed:?}");
    let publications = listed.iter().filter(|line| line.starts_with("warning place in publication own_p of public."));
    assert_eq!(publications.count(), 2 - dumped, "{listed:?}");
    assert!(listed.is_sorted_by_key(|line| line.starts_with("warning")), "what guards access comes first");

    let mut other = Database::new();
    other
        .client
        .batch_execute(
            "CREATE FUNCTION own_fn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TABLE own_side (k text PRIMARY KEY); CREATE PUBLICATION own_p; SET client_min_messages = error",
        )
        .unwrap();
    for statement in strings(client, "SELECT ddl FROM todo_not_in_dumps()") {
        other.client.batch_execute(&statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    assert_eq!(extras(&mut other.client), listed);
    drop(other);
}

/// Statements are right for names that need quotes, in any schema, and with any settings of the session.
#[test]
fn names_are_quoted() {
    let mut database = Database::empty();
    let role = format!("{} Role", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA \"My App\"; CREATE EXTENSION todo SCHEMA \"My App\"; SET search_path = \"My App\"; SET client_min_messages = error;
             CREATE ROLE \"{role}\";
             CREATE POLICY \"a\nDROP TABLE b; --\" ON tasks TO \"{role}\" USING (title <> 'it''s \\ this');
             CREATE STATISTICS \"own Statistics\" ON user_id, title FROM tasks; CREATE INDEX \"own Index\" ON tasks (title);
             COMMENT ON INDEX \"own Index\" IS 'x'; COMMENT ON STATISTICS \"own Statistics\" IS 'y'; RESET search_path"
        ))
        .unwrap();
    let list = "SELECT object || ddl FROM \"My App\".todo_not_in_dumps()";
    let listed = strings(client, list);
    assert_eq!(listed.len(), 5, "{listed:?}");
    for setting in ["standard_conforming_strings = off", "search_path = \"My App\"", "quote_all_identifiers = on"] {
        client.batch_execute(&format!("SET {setting}")).unwrap();
        assert_eq!(strings(client, list).len(), 5, "{setting}");
    }
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let made = run(&database, &["backup", dir.path()]);
    assert_eq!(made.code, 0, "{}", made.err);
    let into = format!("{}_restored", database.name);
    let restored = run(&database, &["restore", dir.archive().to_str().unwrap(), "--into", &into, "--with-extras"]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
    assert_eq!(strings(&mut client, list), listed);
    drop(client);
    database.client.batch_execute("RESET ALL").unwrap();
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// todo_check() reports additions to every role that may call it. It is a fault if a restore would widen access, but not if it would lack
/// something.
#[test]
fn checks_report_what_dumps_leave_out() {
    let (mut database, role) = extended();
    let faults = "SELECT name FROM todo_check() WHERE NOT ok AND fix <> ''";
    let client = &mut database.client;
    let found = strings(client, faults);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.contains(&"dump of row-level security of public.tasks".to_owned()), "{found:?}");
    let told = "SELECT name FROM todo_check() WHERE ok AND name LIKE 'dump of %of public.%'";
    let dumped = dumped(client);
    assert_eq!(strings(client, told).len(), 40 - dumped - 5);
    client.batch_execute(&format!("SELECT todo_grant('{role}'); SET ROLE \"{role}\"")).unwrap();
    assert_eq!(strings(client, faults), found);
    client.batch_execute("RESET ROLE").unwrap();

    let doctor = json(&run(&database, &["doctor", "--json"]).out);
    let level = |level: &str| doctor.as_array().unwrap().iter().filter(|check| check["level"] == level).count();
    assert_eq!((level("finding"), level("note")), (5, 40 - dumped - 5), "{doctor}");
}

/// After a restore, the application's row-level security is in force. Otherwise, the restore is refused.
#[test]
fn a_restore_widens_no_access() {
    let (mut database, role) = extended();
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let made = run(&database, &["backup", dir.path()]);
    assert_eq!(made.code, 0, "{}", made.err);
    for object in strings(&mut database.client, "SELECT object FROM todo_not_in_dumps()") {
        assert!(made.err.contains(&object), "{object}: {}", made.err);
    }
    let listed = extras(&mut database.client);
    let archive = dir.archive();
    let file = archive.to_str().unwrap().to_owned();
    let script = archive.with_extension("after-restore.sql");
    let into = format!("{}_restored", database.name);
    let there = |database: &mut Database| {
        let there = format!("SELECT datname::text FROM pg_database WHERE datname = '{into}'");
        !strings(&mut database.client, &there).is_empty()
    };

    // Without an option, and without a terminal to ask on, nothing is restored.
    assert_eq!(fails(&database, &["restore", &file, "--into", &into]).0, 2);
    assert!(!there(&mut database));
    let restored = run(&database, &["restore", &file, "--into", &into, "--with-extras"]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
    assert_eq!(extras(&mut client), listed);
    client
        .batch_execute(&format!(
            "SET client_min_messages = error; SET session_replication_role = replica;
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'); RESET session_replication_role;
             SELECT todo_grant('{role}'); SET ROLE \"{role}\"; SET app.\"user\" = 'u2'"
        ))
        .unwrap();
    assert_eq!(strings(&mut client, "SELECT title FROM tasks"), [""; 0]);
    client.batch_execute("SET app.\"user\" = 'u1'").unwrap();
    assert_eq!(strings(&mut client, "SELECT title FROM tasks"), ["x"]);
    drop(client);
    let drop = format!("DROP DATABASE {into}");
    database.client.batch_execute(&drop).unwrap();

    // Before the policies are there, no application can connect.
    let script_as_it_was = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, format!("SELECT pg_sleep(600);\n{script_as_it_was}")).unwrap();
    let mut restoring = admin(&database.name)
        .args(["restore", &file, "--into", &into, "--with-extras"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let sleeps = format!("SELECT pid::text FROM pg_stat_activity WHERE datname = '{into}' AND wait_event = 'PgSleep'");
    let sleeper = loop {
        if let Some(pid) = strings(&mut database.client, &sleeps).pop() {
            break pid;
        }
        assert!(restoring.try_wait().unwrap().is_none(), "it sleeps");
    };
    database.client.batch_execute(&format!("ALTER ROLE \"{role}\" LOGIN")).unwrap();
    let mut as_application = database.config();
    as_application.dbname(&into).user(&role);
    assert_eq!(Failure::of(as_application.connect(NoTls)).code, "42501");
    database.client.batch_execute(&format!("SELECT pg_terminate_backend({sleeper})")).unwrap();
    assert_eq!(restoring.wait().unwrap().code(), Some(1));
    assert!(!there(&mut database));
    std::fs::write(&script, script_as_it_was).unwrap();
    assert_eq!(run(&database, &["restore", &file, "--into", &into, "--with-extras"]).code, 0);
    as_application.connect(NoTls).unwrap();
    database.client.batch_execute(&drop).unwrap();

    // On a terminal, the operator is asked.
    for (answer, expected) in [("y", listed.len()), ("n", 0)] {
        let mut session = terminal(&database, &format!("restore '{file}' --into {into}"));
        let asked = session.exp_string("[y/N] ").unwrap();
        assert!(asked.contains("row-level security"), "{asked}");
        session.send_line(answer).unwrap();
        let rest = session.exp_eof().unwrap();
        let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
        assert_eq!(extras(&mut client).len(), expected, "{rest}");
        std::mem::drop(client);
        database.client.batch_execute(&drop).unwrap();
    }

    // With --without-extras, it restores without them, and warns.
    let without = run(&database, &["restore", &file, "--into", &into, "--without-extras"]);
    assert_eq!(without.code, 0, "{}", without.err);
    assert!(without.err.contains("NO row-level security"), "{}", without.err);
    database.client.batch_execute(&drop).unwrap();

    // If the script fails at any statement, no database is left without row-level security.
    let good = std::fs::read_to_string(&script).unwrap();
    let no_role = good.replace(&role, "nobody of that name");
    let no_policy = good.replace("CREATE POLICY own_2", "COMMENT ON TABLE public.users IS 'x'; -- CREATE POLICY own_2");
    let late = format!("{good}SELECT 1 / 0;\n");
    for bad in [&no_role, &no_policy, &late] {
        std::fs::write(&script, bad).unwrap();
        let (code, error) = fails(&database, &["restore", &file, "--into", &into, "--with-extras"]);
        assert_eq!(code, 1);
        assert!(error.contains("row-level security"), "{error}");
        assert!(!there(&mut database), "{error}");
    }

    // Without the file, nothing is known about row-level security.
    std::fs::remove_file(&script).unwrap();
    assert_eq!(fails(&database, &["restore", &file, "--into", &into, "--with-extras"]).0, 2);
    let unknown = run(&database, &["restore", &file, "--into", &into]);
    assert_eq!(unknown.code, 0, "{}", unknown.err);
    assert!(unknown.err.contains("row-level security"), "{}", unknown.err);
    database.client.batch_execute(&drop).unwrap();
}

/// Text in statements is taken for text, even if it looks like the comments that say what a statement restores.
#[test]
fn text_that_looks_like_a_comment() {
    let mut database = Database::with_users();
    let text = r"'\n-- error: policy none of public.users\n-- warning: index none of public.users\n;\\''\n-- error: x'";
    let name = "own\n-- error: policy none of public.users\n-- error: x";
    database
        .client
        .batch_execute(&format!(
            "SET client_min_messages = error; CREATE INDEX own_index ON tasks (title) WHERE title <> E{text};
             COMMENT ON INDEX own_index IS E{text}; COMMENT ON TABLE tasks IS 'x';
             ALTER TABLE tasks ADD CONSTRAINT own_check CHECK (title <> E{text});
             CREATE FUNCTION own_fn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER own_trigger BEFORE INSERT ON tasks FOR EACH ROW WHEN (NEW.title = E{text}) EXECUTE FUNCTION own_fn();
             CREATE INDEX \"{name}\" ON users (name)"
        ))
        .unwrap();
    let listed = extras(&mut database.client);
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let made = run(&database, &["backup", dir.path()]);
    assert_eq!(made.code, 0, "{}", made.err);
    let into = format!("{}_restored", database.name);
    let restored = run(&database, &["restore", dir.archive().to_str().unwrap(), "--into", &into, "--with-extras"]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
    assert_eq!(extras(&mut client), listed);
    drop(client);
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// A file without the comments that say what it restores is run as well, and never passed over in silence.
#[test]
fn a_file_that_does_not_say_what_it_restores() {
    let mut database = Database::with_users();
    let sql = "SET client_min_messages = error; CREATE POLICY own_policy ON tasks USING (false); CREATE INDEX own_index ON tasks (title)";
    database.client.batch_execute(sql).unwrap();
    let listed = extras(&mut database.client);
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    assert_eq!(run(&database, &["backup", dir.path()]).code, 0);
    let archive = dir.archive();
    let script = archive.with_extension("after-restore.sql");
    let text = std::fs::read_to_string(&script).unwrap();
    let bare = text.lines().filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n");
    let into = format!("{}_restored", database.name);
    let restore = |option: &[&str]| {
        let archive = archive.to_str().unwrap();
        run(&database, &[&["restore", archive, "--into", &into], option].concat())
    };
    let drop = format!("DROP DATABASE {into}");
    let postgres = &mut database.connect();
    let found = || extras(&mut database.config().dbname(&into).connect(NoTls).unwrap());

    std::fs::write(&script, format!("{bare}\nSELECT 1 / 0;\n")).unwrap();
    assert_eq!(restore(&["--with-extras"]).code, 1);
    assert_eq!(Failure::of(postgres.batch_execute(&drop)).code, "3D000");
    std::fs::write(&script, bare).unwrap();
    assert_eq!(restore(&[]).code, 2);
    assert_eq!(Failure::of(postgres.batch_execute(&drop)).code, "3D000");
    let restored = restore(&["--with-extras"]);
    assert_eq!((restored.code, restored.err.as_str(), found()), (0, "", listed));
    postgres.batch_execute(&drop).unwrap();
    let restored = restore(&["--without-extras"]);
    assert_eq!((restored.code, restored.err.lines().count(), found()), (0, 1, vec![]), "{}", restored.err);
    postgres.batch_execute(&drop).unwrap();

    // A file that restores nothing needs no decision.
    let nothing = text.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    std::fs::write(&script, nothing).unwrap();
    let restored = restore(&[]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    postgres.batch_execute(&drop).unwrap();
}

/// While the file of a new backup cannot be run, the older backups stay.
#[test]
fn a_file_that_fails_on_trial_removes_no_older_backup() {
    let mut database = Database::with_users();
    let name = database.name.clone();
    database
        .client
        .batch_execute(&format!(
            "CREATE FUNCTION own_fn(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
                 AS 'BEGIN IF current_database() <> ''{name}'' THEN RAISE ''elsewhere''; END IF; RETURN $1; END';
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'); SET client_min_messages = error;
             CREATE INDEX own_index ON tasks (public.own_fn(title))"
        ))
        .unwrap();
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let older = [format!("{name}-20200101T000000Z.after-restore.sql"), format!("{name}-20200101T000000Z.dump")];
    for file in &older {
        std::fs::write(dir.0.join(file), "earlier").unwrap();
    }
    let backup = || (run(&database, &["backup", dir.path()]).code, dir.files().len());
    assert_eq!(backup(), (1, 4));
    assert!(older.iter().all(|file| dir.files().contains(file)), "{:?}", dir.files());
    database.connect().batch_execute("DROP INDEX own_index").unwrap();
    assert_eq!(backup(), (0, 4));
    assert!(!older.iter().any(|file| dir.files().contains(file)), "{:?}", dir.files());
}

/// A database that a failed restore leaves is dropped, however long that takes.
#[test]
fn a_timeout_leaves_no_database() {
    let mut database = Database::with_users();
    let name = database.name.clone();
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    assert_eq!(run(&database, &["backup", dir.path()]).code, 0);
    let archive = dir.archive();
    std::fs::write(archive.with_extension("after-restore.sql"), "-- warning: x\nSELECT pg_sleep(600);\n").unwrap();
    database.client.batch_execute(&format!("ALTER DATABASE {name} SET statement_timeout = '1s'")).unwrap();
    let into = format!("{name}_restored");
    let mut restoring = admin(&name)
        .args(["restore", archive.to_str().unwrap(), "--into", &into, "--with-extras"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut end = |condition: &str| {
        let one =
            format!("SELECT pid::text FROM pg_stat_activity WHERE application_name = 'todo-admin' AND {condition}");
        loop {
            if let Some(pid) = strings(&mut database.client, &one).pop() {
                return pid;
            }
            assert!(restoring.try_wait().unwrap().is_none(), "{condition}");
        }
    };
    let sleeper = end(&format!("datname = '{into}' AND wait_event = 'PgSleep'"));
    // As long as this transaction is open, the database cannot be dropped.
    let mut other = todo_tests::server::connect("postgres");
    other
        .batch_execute(&format!("BEGIN; COMMENT ON DATABASE {into} IS 'x'; SELECT pg_terminate_backend({sleeper})"))
        .unwrap();
    let drops = format!("datname = '{name}' AND query LIKE 'DROP DATABASE%' AND wait_event_type = 'Lock'");
    let first = end(&drops);
    other.batch_execute(&format!("SELECT pg_terminate_backend({first})")).unwrap();
    end(&format!("{drops} AND pid <> {first} AND clock_timestamp() - query_start > interval '2 s'"));
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(restoring.wait().unwrap().code(), Some(1));
    assert_eq!(Failure::of(database.client.batch_execute(&format!("DROP DATABASE {into}"))).code, "3D000");
}

/// psql can run the file as well. If only an index is missing, nobody is asked.
#[test]
fn psql_runs_the_file() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute("SET client_min_messages = error; CREATE INDEX own_index ON tasks (title); COMMENT ON INDEX own_index IS 'x'")
        .unwrap();
    let listed = extras(&mut database.client);
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    assert_eq!(run(&database, &["backup", dir.path()]).code, 0);
    let into = format!("{}_restored", database.name);
    let archive = dir.archive();
    let restored = run(&database, &["restore", archive.to_str().unwrap(), "--into", &into]);
    assert_eq!(restored.code, 0);
    assert!(restored.err.contains("index own_index"), "{}", restored.err);
    let script = archive.with_extension("after-restore.sql");
    let ran = Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-d", &into, "-f", script.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
    assert_eq!(extras(&mut client), listed);
    drop(client);
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// An adoption keeps the application's additions, and warns that dumps leave them out. It names them, and nothing of the extension's.
#[test]
fn adoption_reports_what_dumps_leave_out() {
    let mut database = Database::empty();
    let role = format!("{}_owner", database.name);
    database
        .client
        .batch_execute(&format!(
            "{}; CREATE INDEX own_index ON tasks (title); CREATE POLICY own_policy ON tasks; ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
             CREATE ROLE {role}; ALTER TABLE tasks OWNER TO {role}",
            TO_ADOPT[1].1
        ))
        .unwrap();
    let adopted = said(admin(&database.name).args(["adopt"]), "");
    assert_eq!(adopted.code, 0, "{}", adopted.err);
    assert_eq!(adopted.err.lines().count(), 1, "{}", adopted.err);
    for object in ["index own_index", "policy own_policy", "row-level security", "owner "] {
        assert!(adopted.err.contains(object), "{object}: {}", adopted.err);
    }
    for ours in ["ix_users_email", "users_email_key", "tasks_user_id_fkey", "users_pkey"] {
        assert!(!adopted.err.contains(ours), "{ours}: {}", adopted.err);
    }
    // An adoption by SQL warns in the same way.
    let mut database = Database::empty();
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let seen = warnings.clone();
    let mut client = database
        .config()
        .notice_callback(move |notice| {
            if notice.severity() == "WARNING" {
                seen.lock().unwrap().push(notice.message().to_owned());
            }
        })
        .connect(NoTls)
        .unwrap();
    client
        .batch_execute(&format!(
            "{}; CREATE INDEX own_index ON tasks (title); CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE",
            TO_ADOPT[0].1
        ))
        .unwrap();
    let warnings = warnings.lock().unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("index own_index"), "{warnings:?}");
    database.client.batch_execute(&format!("DROP OWNED BY {role} CASCADE")).unwrap();
}

/// After a restore, the extension's role has its rights on tables of another owner, which the functions need.
#[test]
fn tables_of_another_owner_come_back() {
    let mut problems = Vec::new();
    for kind in ["adopted", "moved"] {
        let mut database = Database::empty();
        let app = database.role("app");
        let client = &mut database.client;
        if kind == "adopted" {
            let owner = format!("{}_owner", database.name);
            let adopt = format!(
                "CREATE ROLE {owner}; GRANT CREATE ON SCHEMA public TO {owner}; SET ROLE {owner}; {}; RESET ROLE;
                 CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE",
                TO_ADOPT[1].1
            );
            client.batch_execute(&adopt).unwrap();
        } else {
            client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
            let moved = run(&database, &["--trust-owner", "move", "--to", "extension"]);
            assert_eq!(moved.code, 0, "{}", moved.err);
        }
        let fill =
            format!("SELECT todo_grant('{app}'); INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')");
        database.client.batch_execute(&fill).unwrap();
        let mut works = |name: &str, road: &str| {
            let mut config = database.config();
            let mut client = config.dbname(name).connect(NoTls).unwrap();
            let mut app = config.user(&app).connect(NoTls).unwrap();
            let found = strings(&mut client, "SELECT concat_ws(' ', name, detail, fix) FROM todo_check() WHERE NOT ok");
            let seen = ["SELECT id FROM todo_users", "SELECT id FROM todo_get_user('u1')"]
                .map(|query| app.query_one(query, &[]).is_ok_and(|row| row.get::<_, &str>(0) == "u1"));
            if !found.is_empty() || seen != [true, true] {
                problems.push(format!("{kind}, {road}: {found:?} {seen:?}"));
            }
        };
        works(&database.name, "as it was");

        let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
        let made = run(&database, &["--trust-owner", "backup", dir.path()]);
        assert_eq!(made.code, 0, "{}", made.err);
        let (file, into) = (dir.archive(), format!("{}_restored", database.name));
        let restore = ["--trust-owner", "restore", file.to_str().unwrap(), "--into", &into, "--with-extras"];
        let restored = run(&database, &restore);
        assert_eq!(restored.code, 0, "{kind}: {}", restored.err);
        works(&into, "backup and restore");

        let (file, into) = (dir.file("plain"), format!("{}_plain", database.name));
        database.connect().batch_execute(&format!("CREATE DATABASE {into}")).unwrap();
        let ran = |command: &str, arguments: &[&str]| {
            let output = Command::new(command).args(arguments).output().unwrap();
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        };
        ran("pg_dump", &["--format=custom", "--file", &file, &database.name]);
        ran("pg_restore", &["--exit-on-error", "--dbname", &into, &file]);
        let mut client = database.config().dbname(&into).connect(NoTls).unwrap();
        for statement in strings(&mut database.connect(), "SELECT ddl FROM todo_not_in_dumps()") {
            client.batch_execute(&statement).unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        }
        works(&into, "pg_dump and todo_not_in_dumps()");
    }
    assert_eq!(problems, [""; 0]);
}

/// If the tables exist already, installing fails before it creates anything, and says whether they can be adopted.
#[test]
fn tables_in_the_way_are_named() {
    let cases = [
        (TO_ADOPT[0].1, "users", true),
        ("CREATE TABLE users (id int)", "users", false),
        ("CREATE TABLE tasks (id int)", "tasks", false),
        ("CREATE VIEW users AS SELECT 1; CREATE TABLE tasks (id int)", "users", false),
    ];
    for (made, table, can_be_adopted) in cases {
        let mut database = Database::empty();
        database.client.batch_execute(made).unwrap();
        let failure = Failure::of(database.client.batch_execute("CREATE EXTENSION todo"));
        assert_eq!((failure.code.as_str(), failure.table.as_deref()), ("42P07", Some(table)), "{made}");
        let hint = failure.hint.unwrap();
        assert_eq!(hint.contains("VERSION 'adopt'") && hint.contains("todo-admin adopt"), can_be_adopted, "{hint}");
        let (code, error) = fails(&database, &["-v", "install"]);
        assert!(code == 1 && error.contains("42P07"), "{error}");
        assert_eq!(error.contains("todo-admin adopt"), can_be_adopted, "{error}");
        if can_be_adopted {
            assert!(fails(&database, &["install", "--version", "0.1.0"]).1.contains("todo-admin adopt"));
            let statement = hint.split_once(" run ").unwrap().1.split_once(" and then ").unwrap();
            let update = statement.1.split_once(", or").unwrap().0;
            database.client.batch_execute(&format!("{}; {update}", statement.0)).unwrap();
        }
        // Another schema's tables are not in the way.
        let mut database = Database::empty();
        database.client.batch_execute(&format!("{made}; CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app")).unwrap();
    }
}
