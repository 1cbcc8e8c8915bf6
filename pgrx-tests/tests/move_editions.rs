//! `todo-admin move` works with whatever owners, settings and rights a database has.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use todo_tests::edition::script;
use todo_tests::moves::{
    FOUND, TO_EXTENSION, TO_SQL, extension, moved, mover, moves, refused, sql_edition, state, with_auth,
};
use todo_tests::{Database, Edition, Failure, Said, admin, said, strings};

/// What the role of an application sees of the users.
fn seen_by(database: &Database, role: &str) -> Vec<String> {
    let both = "SELECT id FROM todo_users UNION ALL SELECT id FROM todo_get_user('u1')";
    strings(&mut database.connect_as(role), both)
}

/// Without a policy for todo_owner, row-level security on `users` hides all users from the functions.
const CLOSED: &str = "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users TO ~ USING (true)";

#[test]
fn the_check_finds_policies_that_hide_users() {
    let (mut database, _) = extension();
    let (app, owner) = (database.role("app"), database.role("table_owner"));
    let client = &mut database.client;
    // Adopted tables have another owner, for example.
    client
        .batch_execute(&format!(
            "ALTER TABLE users OWNER TO {owner}; GRANT SELECT ON users TO todo_owner; GRANT USAGE ON SCHEMA public TO {owner};
             SELECT todo_grant('{app}'); {}",
            CLOSED.replace('~', &app)
        ))
        .unwrap();
    // Dumps include neither the policy nor the owner, which other findings report.
    let found = "SELECT name FROM todo_check() WHERE NOT ok AND name NOT LIKE 'dump of %'";
    assert_eq!(strings(client, found), ["owner of todo_users"]);
    let fix = strings(client, "SELECT fix FROM todo_check() WHERE NOT ok AND name = 'owner of todo_users'").remove(0);
    assert!(fix.contains("CREATE POLICY") && fix.contains("todo_owner"), "{fix}");
    client.batch_execute(&fix).unwrap();
    assert_eq!(strings(client, found), [""; 0]);
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
}

#[test]
fn a_move_hides_no_users() {
    let (mut database, owner) = sql_edition();
    let app = database.role("app");
    let prepare = format!("SET ROLE {owner}; SELECT todo_grant('{app}'); {}; RESET ROLE", CLOSED.replace('~', &app));
    database.client.batch_execute(&prepare).unwrap();
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
    let error = refused(&mut database, &TO_EXTENSION);
    assert!(error.contains("CREATE POLICY") && error.contains("todo_owner"), "{error}");
    // All databases share the role. Another test may create it at the same time.
    let policy = "DO $$ BEGIN CREATE ROLE todo_owner NOLOGIN;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         CREATE POLICY todo ON users TO todo_owner USING (true)";
    database.client.batch_execute(policy).unwrap();
    moves(&mut database, &TO_EXTENSION);
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
}

/// A move works with any search_path of the database, by which definitions are printed, and keeps grants.
#[test]
fn moves_work_with_any_search_path() {
    let same_names = "CREATE TABLE public.session (i int); CREATE TABLE public.account (i int);
         CREATE TABLE public.\"user\" (i int)";
    let policies = "CREATE FUNCTION public.me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text';
         CREATE TABLE public.members (u varchar(36)); ALTER TABLE tasklist.tasks ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON tasklist.tasks USING (
             user_id = public.me() OR EXISTS (SELECT FROM public.members AS m WHERE m.u = user_id)
         );
         CREATE POLICY app ON tasklist.tasks TO ~ USING (true)";
    let mut problems = Vec::new();
    for (schema, path, prepare) in [
        ("public", "public", ""),
        ("tasklist", "\"$user\", public", ""),
        ("tasklist", "tasklist, public", policies),
        ("public", "todo_auth, public", ""),
        ("public", "todo_auth, public", same_names),
        ("public", "''", same_names),
    ] {
        let mut database = Database::empty();
        let (app, owner) = (database.role("app"), database.role("owner"));
        let name = &database.name;
        let statements = format!(
            "ALTER DATABASE {name} OWNER TO {owner}; CREATE SCHEMA IF NOT EXISTS {schema};
             GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner};
             GRANT USAGE ON SCHEMA {schema} TO {app}; CREATE EXTENSION todo SCHEMA {schema}; CREATE EXTENSION todo_auth;
             SELECT {schema}.todo_grant('{app}'), todo_auth.grant('{app}');
             INSERT INTO {schema}.users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); {};
             ALTER DATABASE {name} SET search_path = {path}",
            prepare.replace('~', &app)
        );
        database.client.batch_execute(&statements).unwrap();
        let rights = "SELECT concat_ws(' ', c.oid::regclass, a.privilege_type)
             FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
             WHERE pg_get_userbyid(a.grantee) LIKE '%_app' ORDER BY 1";
        let context = format!("{path} {prepare}");
        let before = strings(&mut database.client, rights);
        assert!(before.contains(&"todo_auth.session SELECT".to_owned()), "{before:?}");
        let said = moved(&database, &["move", "--to=sql", "--owner", &owner]);
        if said.code != 0 {
            problems.push(format!("{context}: {}", said.err));
            continue;
        }
        assert_eq!(strings(&mut database.client, rights), before, "{context}");
        let mut client = database.connect_as(&app);
        let call = format!("SELECT user_id FROM {schema}.todo_create_task('u1', 'x')");
        assert_eq!(strings(&mut client, &call), ["u1"], "{context}");
        assert_eq!(strings(&mut client, "SELECT id FROM todo_auth.\"user\""), ["u1"], "{context}");
        // And back.
        let said = moved(&database, &TO_EXTENSION);
        assert_eq!(said.code, 0, "{context}: {}", said.err);
        assert_eq!(strings(&mut database.client, rights), before, "{context}");
    }
    assert_eq!(problems, [""; 0]);
}

/// Rights of the role that becomes the owner are not in the way of a move.
#[test]
fn the_owner_to_be_has_rights() {
    let (mut database, owner) = sql_edition();
    moves(&mut database, &TO_EXTENSION);
    database.client.batch_execute(&format!("SELECT todo_grant('{owner}')")).unwrap();
    moves(&mut database, &TO_SQL);
    owns(&database, &owner);

    for kind in ["api", "tables"] {
        let (mut database, owner) = extension();
        let grant =
            format!("SELECT todo_grant('{owner}', '{kind}'); GRANT SELECT ON todo_users TO {owner} WITH GRANT OPTION");
        database.client.batch_execute(&grant).unwrap();
        moves(&mut database, &["move", "--to=sql", "--owner", &owner]);
        owns(&database, &owner);
    }
}

#[track_caller]
fn owns(database: &Database, owner: &str) {
    let client = &mut database.connect_as(owner);
    let owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class
         WHERE relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')";
    assert_eq!(strings(client, owners), [owner]);
    assert_eq!(strings(client, FOUND), [""; 0]);
    assert_eq!(strings(client, "SELECT id FROM todo_delete_user('u1')"), ["u1"]);
}

/// The role todo_owner cannot own the SQL edition, whatever it has been granted.
#[test]
fn todo_owner_is_no_owner() {
    let (mut database, _) = extension();
    let grant =
        format!("GRANT CREATE ON DATABASE {} TO todo_owner; GRANT CREATE ON SCHEMA public TO PUBLIC", database.name);
    for prepare in ["", &grant] {
        database.client.batch_execute(prepare).unwrap();
        let before = state(&mut database.client);
        let Said { code, err, .. } = moved(&database, &["move", "--to=sql", "--owner=todo_owner"]);
        assert!(matches!(code, 1 | 2) && !err.contains("GRANT"), "{code} {err}");
        assert!(state(&mut database.client) == before, "{err}");
    }
}

#[test]
fn a_move_reports_that_the_guard_is_missing() {
    let (mut database, owner) = extension();
    let said = moves(&mut database, &["move", "--to=sql", "--owner", &owner]);
    assert!(said.err.contains("todo_guard"), "{:?}", said.err);
    let said = moves(&mut database, &TO_EXTENSION);
    assert!(!said.err.contains("todo_guard"), "{:?}", said.err);
}

/// A move that has to wait for an open transaction gives up, so that others do not wait behind it.
#[test]
fn it_gives_up_waiting() {
    for edition in [Edition::Extension, Edition::Sql] {
        let (mut database, owner) = match edition {
            Edition::Extension => extension(),
            Edition::Sql => sql_edition(),
        };
        let name = &database.name;
        database.client.batch_execute(&format!("ALTER DATABASE {name} SET lock_timeout = '200ms'")).unwrap();
        let mut other = database.connect();
        other.batch_execute("BEGIN; SELECT FROM users").unwrap();
        let before = state(&mut database.client);
        let by_owner = ["-v", "move", "--to=sql", "--owner", &owner];
        let arguments: &[&str] = match edition {
            Edition::Extension => &by_owner,
            Edition::Sql => &["-v", "--trust-owner", "move", "--to=extension"],
        };
        let said = moved(&database, arguments);
        assert!(said.code == 1 && said.err.contains("55P03"), "{} {}", said.code, said.err);
        assert!(state(&mut database.client) == before, "{}", said.err);
        other.batch_execute("COMMIT").unwrap();
        let reset = format!("ALTER DATABASE {} RESET lock_timeout", database.name);
        database.client.batch_execute(&reset).unwrap();
        moves(&mut database, arguments);
    }
}

/// Of two moves at once, one moves the database. The other waits, and then finds that it is done.
#[test]
fn two_moves_at_once() {
    let (mut database, _) = sql_edition();
    for (to, edition) in [(TO_EXTENSION, "extension"), (TO_SQL, "SQL edition")] {
        // Both begin before one can end.
        let mut other = database.connect();
        other.batch_execute("BEGIN; SELECT FROM users").unwrap();
        let start =
            || -> Child { mover(&database).args(to).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap() };
        let mut children = [start(), start()];
        let waiting = format!(
            "SELECT count(*)::text FROM pg_stat_activity
             WHERE datname = '{}' AND application_name = 'todo-admin' AND wait_event_type = 'Lock'",
            database.name
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        while strings(&mut database.client, &waiting) != ["2"]
            && !children.iter_mut().any(|child| child.try_wait().unwrap().is_some())
        {
            assert!(Instant::now() < deadline, "both wait, or one has given up");
        }
        other.batch_execute("COMMIT").unwrap();
        let mut codes = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let unclear = ["deadlock", "does not exist", "concurrently", "cache lookup"];
            assert!(unclear.iter().all(|word| !text.contains(word)), "{text}");
            codes.push((output.status.code(), text));
        }
        codes.sort();
        assert_eq!(codes[0].0, Some(0), "{codes:?}");
        let [first, second] = codes.try_into().unwrap();
        assert!(second.0 == Some(1) || [&first.1, &second.1].iter().any(|text| text.contains("already")), "{second:?}");
        let there = "SELECT count(*)::text FROM pg_extension WHERE extname = 'todo'";
        let expected = if edition == "extension" { "1" } else { "0" };
        assert_eq!(strings(&mut database.connect(), there), [expected]);
    }
}

/// A guard without event triggers, as left by a restore of a role that may not create them.
fn with_a_broken_guard() -> Database {
    let (mut database, owner) = sql_edition();
    let client = &mut database.client;
    client.batch_execute(script("todo_guard")).unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
    let drop = "SELECT string_agg(format('DROP EVENT TRIGGER %I', evtname), '; ') FROM pg_event_trigger";
    let drop = strings(client, drop).remove(0);
    let break_it = format!("SET todo.guard = off; {drop}; RESET todo.guard; ALTER SCHEMA todo_guard OWNER TO {owner}");
    client.batch_execute(&break_it).unwrap();
    database
}

#[test]
fn the_check_finds_a_guard_without_event_triggers() {
    let mut database = with_a_broken_guard();
    let client = &mut database.client;
    assert_eq!(strings(client, FOUND), ["guard"]);
    client.batch_execute("SET todo.guard = off; DROP SCHEMA todo_guard CASCADE; RESET todo.guard").unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
}

/// The owner of such a guard may not create event triggers. So the script does not advise SET ROLE, but to drop the guard.
#[test]
fn the_guard_of_another_role_is_dropped_first() {
    let mut database = with_a_broken_guard();
    let client = &mut database.client;
    let failure = Failure::of(client.batch_execute(script("todo_guard")));
    assert_eq!(failure.code, "42P06");
    assert!(failure.hint.as_deref().unwrap_or_default().contains("DROP SCHEMA todo_guard CASCADE"), "{failure:?}");
    client.batch_execute("DROP SCHEMA todo_guard CASCADE").unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
}

#[test]
fn a_move_removes_a_guard_without_event_triggers() {
    let mut database = with_a_broken_guard();
    moves(&mut database, &TO_EXTENSION);
    let left = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_guard'";
    assert_eq!(strings(&mut database.client, left), [""; 0]);
}

/// If the script cannot create objects in pg_catalog, it does not advise to grant CREATE on it.
#[test]
fn no_advice_to_open_pg_catalog() {
    let mut database = Database::empty();
    let role = database.role("owner");
    let name = &database.name;
    let prepare = format!(
        "CREATE EXTENSION pgcrypto; ALTER DATABASE {name} OWNER TO {role}; SET log_min_error_statement = panic;
         SET ROLE {role}; SET search_path = pg_catalog, public"
    );
    database.client.batch_execute(&prepare).unwrap();
    let error = database.client.batch_execute(script("todo")).unwrap_err();
    let error = error.as_db_error().unwrap();
    let said = format!("{} {:?} {:?}", error.message(), error.detail(), error.hint());
    assert!(!said.contains("ON SCHEMA pg_catalog"), "{said}");
    let made = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'todo%'";
    assert_eq!(strings(&mut database.client, made), ["0"]);
}

/// todo-admin installs nothing in schemas of todo itself or of PostgreSQL.
#[test]
fn schemas_it_is_not_installed_in() {
    let mut problems = Vec::new();
    for schema in ["todo_guard", "todo_auth", "todo_internal", "pg_catalog", "pg_temp"] {
        let mut database = Database::empty();
        let owner = database.role("owner");
        database.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", database.name)).unwrap();
        let before = state(&mut database.client);
        let install = ["install", "--edition=sql", "--schema", schema];
        let Said { code, err, .. } = said(admin(&database.name).env("PGUSER", &owner).args(install), "");
        let is_clear = err.lines().count() == 1 && err.contains(schema) && !err.contains("GRANT");
        if !matches!(code, 1 | 2) || !is_clear || state(&mut database.client) != before {
            problems.push(format!("{schema}: {code} {err}"));
        }
    }
    assert_eq!(problems, [""; 0]);
}

/// A move creates the tables of todo_auth in the same tablespace, and compares definitions, whatever settings the database has.
#[test]
fn settings_of_the_database() {
    let (mut database, _) = with_auth(Edition::Sql);
    let name = database.name.clone();
    let settings = format!(
        "SET allow_in_place_tablespaces = on; CREATE TABLESPACE {name}_space LOCATION '';
         ALTER DATABASE {name} SET default_tablespace = {name}_space; ALTER DATABASE {name} SET standard_conforming_strings = off;
         ALTER DATABASE {name} SET quote_all_identifiers = on"
    );
    for statement in settings.split(';') {
        database.client.batch_execute(statement).unwrap();
    }
    for arguments in [&TO_EXTENSION[..], &TO_SQL] {
        moves(&mut database, arguments);
        let elsewhere = "SELECT relname::text FROM pg_class
             WHERE relnamespace = 'todo_auth'::regnamespace AND relkind = 'r' AND reltablespace <> 0";
        assert_eq!(strings(&mut database.client, elsewhere), [""; 0], "{arguments:?}");
    }
    database.client.batch_execute(&format!("DROP TABLESPACE {name}_space")).unwrap();
}

/// The cost of new hashes stays that of the database, not that of the session that moves it.
#[test]
fn the_cost_of_hashes_stays() {
    let (mut database, owner) = extension();
    let name = database.name.clone();
    let role = database.role("slow");
    for setting in [
        format!("ALTER DATABASE {name} SET todo.bcrypt_cost = 13"),
        format!("ALTER ROLE postgres IN DATABASE {name} SET todo.bcrypt_cost = 4"),
        format!("ALTER ROLE {role} IN DATABASE {name} SET todo.bcrypt_cost = 14"),
    ] {
        database.client.batch_execute(&setting).unwrap();
    }
    let said = moves(&mut database, &[&TO_SQL[..], &["--owner", &owner]].concat());
    assert!(said.err.contains(&role) && said.err.contains("14"), "{}", said.err);
    assert_eq!(strings(&mut database.client, "SELECT todo_internal.bcrypt_cost()::text"), ["13"]);
    database.client.batch_execute("SELECT todo_internal.set_bcrypt_cost(11)").unwrap();
    moves(&mut database, &TO_EXTENSION);
    let cost = "SELECT s FROM pg_db_role_setting AS r, unnest(r.setconfig) AS s WHERE r.setrole = 0 AND r.setdatabase =
        (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(strings(&mut database.client, cost), ["todo.bcrypt_cost=11"]);
}
