//! The guard of the SQL edition: who owns it, and how it is replaced, lifted, dumped and upgraded.

use std::process::{Command, Stdio};
use todo_tests::attack::{Attack, outcome};
use todo_tests::edition::script;
use todo_tests::sql_guard::{both, faults, goes_on, is_refused, owner, state};
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, Edition, Failure, Server, current_version, strings};

/// On a database service, one role owns todo and its guard, and is not a superuser. Here it is one while the guard's script runs.
fn of_one_role() -> (Database, String) {
    let mut database = both();
    let owner = owner(&database);
    let client = &mut database.client;
    client
        .batch_execute(&format!("DROP SCHEMA todo_guard CASCADE; ALTER ROLE {owner} LOGIN SUPERUSER; SET ROLE {owner}"))
        .unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    client.batch_execute(&format!("RESET ROLE; ALTER ROLE {owner} NOSUPERUSER")).unwrap();
    (database, owner)
}

#[test]
fn one_role_owns_todo_and_its_guard() {
    let (mut database, owner) = of_one_role();
    let other = database.role("other");
    database.client.batch_execute(&format!("GRANT {other} TO {owner}")).unwrap();
    let before = state(&mut database.client);
    let quoted = format!("\"{owner}\"");
    let client = &mut database.connect_as(&owner);
    for command in [
        &format!("DROP OWNED BY {owner} CASCADE"),
        &format!("drop  owned\nby {other}, {quoted}\ncascade"),
        "DROP OWNED BY CURRENT_USER CASCADE",
        "DROP OWNED BY session_user CASCADE",
        &format!("DROP OWNED BY {other}; DO $$ BEGIN EXECUTE 'DROP OWNED BY ' || current_user || ' CASCADE'; END $$"),
        "DO $$ BEGIN EXECUTE format('DROP OWNED BY %I CASCADE', current_user); END $$",
        "DROP OWNED BY /* all */ CURRENT_USER CASCADE",
        &format!(
            "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS 'DROP OWNED BY {owner} CASCADE'; SELECT pg_temp.f()"
        ),
        "DROP EXTENSION pgcrypto CASCADE",
        "DROP SCHEMA todo_internal CASCADE",
        "DROP TABLE users CASCADE",
    ] as [&str; 11]
    {
        if command.contains("pgcrypto") {
            // Here the extension belongs to a superuser, so PostgreSQL itself refuses.
            assert!(client.batch_execute(command).is_err());
            continue;
        }
        is_refused(client, command);
    }
    is_refused(&mut database.client, &format!("DROP OWNED BY {owner} CASCADE"));
    let client = &mut database.connect_as(&owner);
    goes_on(client, &format!("DROP OWNED BY {other} CASCADE; DROP OWNED BY \"{other}\""));
    goes_on(client, &format!("DO $$ BEGIN EXECUTE 'DROP OWNED BY {other}'; END $$"));
    assert_eq!(faults(client), [""; 0]);
    assert_eq!(state(&mut database.client), before);
    // The owner of the guard can remove it.
    let client = &mut database.connect_as(&owner);
    goes_on(client, "DROP SCHEMA todo_guard CASCADE; DROP SCHEMA todo_auth CASCADE; SELECT todo_release_tables()");
}

/// The guard of a superuser reads objects of todo's owner. The owner gains no rights by this.
#[test]
fn nobody_becomes_superuser_by_the_guard() {
    let mut attack = Attack::on(Database::empty());
    let name = attack.database.name.clone();
    attack.prepare("CREATE EXTENSION pgcrypto; ALTER SCHEMA public OWNER TO ~");
    attack.prepare(&format!("GRANT CREATE ON DATABASE {name} TO ~"));
    let install = format!("{}; {}", script("todo"), script("todo_auth"));
    attack.connect().batch_execute(&install).unwrap();
    attack.connect().batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    // The owner puts code wherever a careless guard would run it.
    let traps = "
        CREATE FUNCTION public.lower(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN $1; END $$;
        CREATE FUNCTION public.same(text, text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN true; END $$;
        CREATE FUNCTION public.same(oid, oid) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN true; END $$;
        CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same);
        CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.same);
        CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN $1; END $$;
        CREATE DOMAIN ~.word AS text CHECK (~.holds(VALUE));
        ALTER TABLE tasks ADD COLUMN own ~.word DEFAULT ~.code()::text, ADD CONSTRAINT own CHECK (~.holds(title));
        CREATE INDEX own ON users (~.holds(name));
        CREATE POLICY own ON users USING (~.holds(id)); ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW WHEN (~.holds(NEW.name)) EXECUTE FUNCTION ~.fires();
        ALTER TABLE todo_internal.installed RENAME TO real;
        CREATE VIEW todo_internal.installed AS SELECT * FROM todo_internal.real WHERE ~.holds(name);
        ALTER TABLE todo_internal.setting ENABLE ROW LEVEL SECURITY;
        CREATE OR REPLACE FUNCTION todo_internal.described(home regnamespace, relations oid[]) RETURNS TABLE (
            relid oid, schema text, relation text, kind text, name text, definition text, weakness text, place bigint)
            LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE AGGREGATE todo_internal.own(int) (SFUNC = int4pl, STYPE = int);
        CREATE OR REPLACE FUNCTION todo_internal.library() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE OR REPLACE FUNCTION todo_internal.expected() RETURNS TABLE (
            extension text, schema text, relation text, kind text, name text, definition text)
            LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); RETURN NEW; END $$";
    let own = attack.sql(traps);
    attack.connect().batch_execute(&own).unwrap();
    // The guard only reads the text of this function, whatever it contains.
    for body in [
        "BEGIN PERFORM ~.later(); END",
        "-- (''@'', ''users'', ''index'', ''odd \" , }'', ) (@, users, index, ix_users_email, )
         BEGIN PERFORM ~.later(); END",
        "-- (''@'', ''users'', ''column'', ''id'', ''x'') ('') (E''\\'', ''@'', ''users'', ''index'', ''); SELECT ~.later(); --'')
         BEGIN PERFORM ~.later(); END",
    ] {
        let replaced = format!(
            "CREATE OR REPLACE FUNCTION todo_internal.expected_todo() RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
             LANGUAGE plpgsql AS '{body}'"
        );
        attack.prepare("DROP SCHEMA IF EXISTS todo_guard CASCADE");
        assert_eq!(attack.attempt(&replaced), "ok");
        for path in [format!("{}_code, public", attack.role), "public".to_owned()] {
            let install = format!("SET search_path = {path}; {}", script("todo_guard"));
            assert_eq!(outcome(&mut attack.database.connect(), &install), "ok");
        }
        attack.failed();
        for command in [
            "SET search_path = public, ~_code; CREATE TABLE bait (id int); ALTER TABLE bait ADD x int; DROP TABLE bait",
            "ALTER TABLE users ALTER name SET STATISTICS 100",
            "ALTER TABLE public.tasks ADD COLUMN other text; ALTER TABLE public.tasks DROP COLUMN other",
            "CREATE INDEX bait ON public.tasks (title); DROP INDEX public.bait",
            "DROP TABLE public.users CASCADE",
            "BEGIN; ALTER TABLE public.users RENAME COLUMN email TO mail; ROLLBACK",
            "SET todo.guard = off; BEGIN; ALTER TABLE public.users RENAME COLUMN email TO mail; ROLLBACK",
            "DROP OWNED BY ~ CASCADE",
        ] {
            let outcome = attack.lure(command);
            assert!(["ok", "2BP01"].contains(&outcome.as_str()), "{command}: {outcome}");
            attack.failed();
        }
    }
    // The owner of todo cannot change the guard's objects.
    for command in [
        "CREATE OR REPLACE FUNCTION todo_guard.lifted() RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE FUNCTION todo_guard.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COMMENT ON FUNCTION todo_guard.known() IS '[]'",
        "SELECT todo_guard.remember()",
        "ALTER EVENT TRIGGER todo_guard_on_end DISABLE",
        "DROP EVENT TRIGGER todo_guard_on_drop",
        "DROP SCHEMA todo_guard CASCADE",
    ] {
        assert_eq!(attack.attempt(command), "42501", "{command}");
    }
    attack.failed();
    // The script does not install into a schema that the owner of todo has prepared.
    attack.prepare("DROP SCHEMA todo_guard CASCADE");
    assert_eq!(
        attack.attempt(
            "CREATE SCHEMA todo_guard; CREATE FUNCTION todo_guard.judge() RETURNS int LANGUAGE sql AS 'SELECT 1'"
        ),
        "ok"
    );
    assert_eq!(outcome(&mut attack.database.connect(), script("todo_guard")), "42P06");
    attack.failed();
    attack.prepare("DROP SCHEMA todo_guard CASCADE");
}

/// If the guard cannot be installed, its script fails with one clear error, and changes nothing.
#[test]
fn where_it_cannot_be_made_nothing_is_changed() {
    let mut database = Database::empty();
    let client = &mut database.client;
    assert_eq!(outcome(client, script("todo_guard")), "55000", "without todo");
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    let objects = "SELECT n.nspname::text FROM pg_namespace AS n UNION ALL SELECT t.evtname FROM pg_event_trigger AS t ORDER BY 1";
    let before = strings(client, objects);
    let owner = format!("{}_installer", database.name);
    for role in [&owner, &format!("{owner}_2")] {
        if role != &owner {
            client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
        }
        let failure = Failure::of(client.batch_execute(&format!("SET ROLE {role}; {}", script("todo_guard"))));
        assert_eq!(
            (failure.code.as_str(), failure.hint.is_some_and(|hint| hint.contains("event triggers"))),
            ("42501", true)
        );
        client.batch_execute("RESET ROLE").unwrap();
        assert_eq!(strings(client, objects), before);
    }
    client.batch_execute("CREATE SCHEMA todo_guard").unwrap();
    assert_eq!(outcome(client, script("todo_guard")), "42P06");
    client.batch_execute("DROP SCHEMA todo_guard").unwrap();
    // The settings of the session are as before.
    client.batch_execute(&format!("BEGIN; {}", script("todo_guard"))).unwrap();
    for (setting, value) in [("search_path", "\"$user\", public"), ("client_min_messages", "notice")] {
        assert_eq!(strings(client, &format!("SHOW {setting}")), [value]);
    }
    client.batch_execute("ROLLBACK").unwrap();
}

/// The script replaces an older guard, if its owner runs it. Until then, todo_check() reports the older one.
#[test]
fn its_owner_can_replace_it() {
    let guard = "SELECT concat_ws('|', ok, detail, fix) FROM todo_check() WHERE name = 'guard'";
    let (mut database, owner) = of_one_role();
    let client = &mut database.client;
    let on = format!("t|todo_guard {}, on", current_version());
    assert_eq!(strings(client, guard), [on.as_str()]);
    assert_eq!(outcome(client, script("todo_guard")), "42P06", "another role's");
    client.batch_execute(&format!("ALTER ROLE {owner} SUPERUSER; SET ROLE {owner}")).unwrap();
    for _ in 0..2 {
        client.batch_execute(script("todo_guard")).unwrap();
        is_refused(client, "DROP TABLE users CASCADE");
        assert_eq!(strings(client, guard), [on.as_str()]);
    }
    for (change, found) in [
        (
            "ALTER EVENT TRIGGER todo_guard_on_end DISABLE",
            "f|an event trigger is disabled, or not always enabled|ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS",
        ),
        (
            "ALTER EVENT TRIGGER todo_guard_on_end ENABLE REPLICA",
            "f|an event trigger is disabled, or not always enabled|ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS",
        ),
        ("DROP EVENT TRIGGER todo_guard_on_drop", "f|an event trigger is missing|run the script of todo_guard ~"),
        ("COMMENT ON SCHEMA todo_guard IS 'todo_guard 0.9.0'", "f|todo_guard 0.9.0, on|run the script of todo_guard ~"),
        ("DROP SCHEMA todo_guard CASCADE", "t|none"),
    ] {
        client.batch_execute(&format!("BEGIN; {change}")).unwrap();
        assert_eq!(strings(client, guard), [found.replace('~', current_version())], "{change}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    client.batch_execute(&format!("RESET ROLE; ALTER ROLE {owner} NOSUPERUSER")).unwrap();
}

/// Scripts of the installed version can run with the guard on. Those of another version, and releasing the tables, need it lifted.
#[test]
fn updates_and_release_need_it_lifted() {
    let (database, owner) = of_one_role();
    let client = &mut database.connect_as(&owner);
    let before = state(client);
    client.batch_execute(&format!("{}; {}", script("todo"), script("todo_auth"))).unwrap();
    assert_eq!(state(client), before);
    let older = |text: &str| {
        text.replace("'the name is too short'", "''")
            .replace("ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC", "ORDER BY task.id")
    };
    let other = older(script("todo"));
    assert_ne!(other, script("todo"));
    is_refused(client, &other);
    assert_eq!(state(client), before);
    client.batch_execute(&format!("SET todo.guard = off; {other}; RESET todo.guard")).unwrap();
    assert_ne!(state(client), before);
    is_refused(client, "DROP TABLE users CASCADE");
    // Restoring what is expected is allowed.
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(state(client), before);

    is_refused(client, "DROP SCHEMA todo_auth CASCADE");
    client.batch_execute("SET todo.guard = off; DROP SCHEMA todo_auth CASCADE; RESET todo.guard").unwrap();
    is_refused(client, "SELECT todo_release_tables()");
    client.batch_execute("SET todo.guard = off; SELECT todo_release_tables(); RESET todo.guard").unwrap();
    // Nothing is left to be guarded, and the extension can adopt the tables.
    goes_on(client, "BEGIN; ALTER TABLE users RENAME TO people; DROP TABLE tasks; DROP TABLE people; ROLLBACK");
    let client = &mut database.connect();
    goes_on(client, "CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE");
    assert_eq!(faults(client), [""; 0]);
    goes_on(client, "COMMENT ON FUNCTION todo_guard.judge() IS NULL; CREATE TABLE own (); DROP TABLE own");
    assert_eq!(
        strings(client, "SELECT name FROM todo_guard.known() WHERE object <> ALL (SELECT oid FROM pg_proc)"),
        [""; 0]
    );
    goes_on(client, "DROP SCHEMA todo_guard CASCADE");
}

/// A restored guard works. Any owner can make a dump, and can restore it without the guard's entries.
#[test]
fn dumps_can_be_restored_with_and_without_it() {
    let mut database = both();
    let owner = owner(&database);
    database.client.batch_execute(&format!("ALTER ROLE {owner} LOGIN")).unwrap();
    let run = |command: &str, arguments: &[&str], input: &[u8]| {
        let mut child = Command::new(command)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().ok();
        output
    };
    let before = state(&mut database.client);
    let triggers = "SELECT evtname || evtenabled::text FROM pg_event_trigger ORDER BY 1";
    let all = strings(&mut database.client, triggers);
    assert_eq!(all, ["todo_guard_on_dropA", "todo_guard_on_endA", "todo_guard_on_startA"]);
    let from = format!("--dbname={}", database.name);
    // The role, and whether it restores all entries, or only those that are not the guard's.
    for (format, user, whole) in
        [("plain", "postgres", true), ("custom", "postgres", true), ("custom", &owner, true), ("custom", &owner, false)]
    {
        let dump = run("pg_dump", &["--format", format, "--username", user, &from], b"");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let mut restored = Database::empty();
        restored.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", restored.name)).unwrap();
        let into = format!("--dbname={}", restored.name);
        let list = std::env::temp_dir().join(format!("{}.list", restored.name));
        let entries = String::from_utf8(run("pg_restore", &["--list"], &dump.stdout).stdout).unwrap();
        let ours: String = entries
            .lines()
            .filter(|line| whole || !line.contains("todo_guard"))
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(&list, &ours).unwrap();
        let chosen = format!("--use-list={}", list.display());
        let output = match format {
            "plain" => {
                run("psql", &["-X", "--quiet", "-v", "ON_ERROR_STOP=1", "--username", user, &into], &dump.stdout)
            }
            _ => run("pg_restore", &["--exit-on-error", "--username", user, &chosen, &into], &dump.stdout),
        };
        std::fs::remove_file(&list).unwrap();
        let restores = user == "postgres" || !whole;
        assert_eq!(output.status.success(), restores, "{format} {user}: {}", String::from_utf8_lossy(&output.stderr));
        let client = &mut restored.client;
        if !restores {
            continue;
        }
        let after = state(client);
        // After a restore, PostgreSQL prints bodies that it has parsed slightly differently.
        let is_body = |line: &str| line.starts_with("CREATE OR REPLACE FUNCTION");
        let missing: Vec<&String> = before.iter().filter(|line| !is_body(line) && !after.contains(line)).collect();
        assert!(missing.is_empty() && after.len() == before.len(), "{format} {user}: {missing:?}");
        assert_eq!(faults(client), [""; 0]);
        assert_eq!(strings(client, triggers), if whole { all.clone() } else { vec![] });
        if whole {
            goes_on(client, "CREATE TABLE first (id int)");
        } else {
            goes_on(client, script("todo_guard"));
        }
        is_refused(client, "DROP TABLE users CASCADE");
        is_refused(client, "DROP FUNCTION todo_check()");
        goes_on(client, "DROP TABLE IF EXISTS first");
    }
}

/// After pg_upgrade, functions have other OIDs. The guard still works.
#[test]
fn pg_upgrade_keeps_it() {
    let server = Server::start();
    let mut client = server.connect("postgres");
    client.batch_execute(&Edition::Sql.install("postgres")).unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    drop(client);
    let server = server.upgrade();
    let client = &mut server.connect("postgres");
    goes_on(client, "CREATE TABLE first (id int)");
    is_refused(client, "DROP TABLE users CASCADE");
    is_refused(client, "DROP FUNCTION todo_check()");
    goes_on(
        client,
        "DROP TABLE first; CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION own()",
    );
    assert_eq!(faults(client), [""; 0]);
}

/// A command that has waited for another session is judged by the state that it finds then.
#[test]
fn a_change_that_waits_is_judged_by_what_it_finds() {
    let mut database = both();
    let mut other = database.connect();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA a; CREATE TABLE a.tasks (LIKE tasks); SET search_path = a, public").unwrap();
    other.batch_execute("BEGIN; DROP TABLE a.tasks").unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let altering = scope.spawn(|| outcome(client, "ALTER TABLE tasks DROP COLUMN description"));
        until_it_waits(&mut other, pid);
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(altering.join().unwrap(), "2BP01");
    });
    // A transaction began before a change that was made without the guard.
    client
        .batch_execute("RESET search_path; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
        .unwrap();
    other.batch_execute("SET todo.guard = off; DROP INDEX ix_tasks_created_at").unwrap();
    goes_on(client, "CREATE TABLE own (); DROP TABLE own; COMMIT");
    is_refused(client, "DROP INDEX ix_tasks_user_id");

    // Of two changes at once without the guard, both are known afterwards.
    goes_on(client, "SET todo.guard = off; BEGIN; ALTER TABLE users DROP CONSTRAINT users_name_check");
    let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let dropping = scope.spawn(|| outcome(&mut other, "DROP FUNCTION todo_clear_completed(text)"));
        until_it_waits(client, pid);
        goes_on(client, "COMMIT; RESET todo.guard");
        assert_eq!(dropping.join().unwrap(), "ok");
    });
    goes_on(client, "ALTER TABLE users ALTER name SET STATISTICS 100");
    let gone = "SELECT name FROM todo_guard.known() WHERE found IS NULL ORDER BY name";
    assert_eq!(strings(client, gone), ["ix_tasks_created_at", "public.todo_clear_completed(text)", "users_name_check"]);
}

/// Isolating a role changes policies and options of views, which the guard allows.
#[test]
fn roles_are_isolated_with_the_guard() {
    let (database, owner) = of_one_role();
    let client = &mut database.connect_as(&owner);
    let role = database.role("isolated");
    client.batch_execute(&format!("SELECT todo_grant('{role}', 'isolated')")).unwrap();
    client.batch_execute("CREATE TABLE other (i integer); DROP TABLE other").unwrap();
    let isolation = "SELECT detail FROM todo_check() WHERE name = 'isolation'";
    assert_eq!(strings(client, isolation), [format!("{role} see only the rows of the current user")]);
    client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(strings(client, isolation), ["no role is isolated"]);
}
