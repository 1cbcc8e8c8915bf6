//! The SQL edition against roles that want its owner's rights, and an owner who wants those of a superuser.

use postgres::Client;
use std::time::{Duration, Instant};
use todo_tests::attack::outcome;
use todo_tests::edition::script;
use todo_tests::{Database, Edition, Failure, Said, TO_ADOPT, admin, said, strings};

/// A database with the SQL edition, user `u1` with a task, and a role that may log in and has a schema of its own.
fn attacked() -> (Database, String) {
    let mut database = Database::empty();
    let role = database.role("evil");
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client
        .batch_execute(&format!(
            "ALTER ROLE {role} LOGIN; CREATE SCHEMA evil AUTHORIZATION {role}; GRANT USAGE ON SCHEMA evil TO PUBLIC;
             SELECT todo_grant('{role}', 'tables'); INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A');
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')"
        ))
        .unwrap();
    (database, role)
}

/// A cast from a type of the role's would run with the rights of the owner of the table that a foreign key refers to.
#[test]
fn nobody_gets_references() {
    let (mut database, role) = attacked();
    let client = &mut database.client;
    for table in ["users", "tasks"] {
        let refer = format!("SET ROLE {role}; CREATE TABLE evil.refers (x text REFERENCES public.{table} (id))");
        assert_eq!(Failure::of(client.batch_execute(&refer)).code, "42501", "{table}");
        client.batch_execute("RESET ROLE").unwrap();
    }
    let found = "SELECT name FROM todo_check() WHERE NOT ok";
    assert_eq!(strings(client, found), [""; 0]);
    client.batch_execute(&format!("GRANT REFERENCES ON tasks TO {role}")).unwrap();
    assert_eq!(strings(client, found), [format!("rights of {role}")]);
}

/// Someone makes a table that refers to tasks, with a trigger, while a deletion is waiting for its lock on them.
#[test]
fn what_is_reached_is_locked_before_it_is_judged() {
    let (mut database, role) = attacked();
    database
        .client
        .batch_execute(&format!(
            "GRANT REFERENCES ON tasks TO {role}; CREATE TABLE ran (who text); GRANT ALL ON ran TO PUBLIC; SET ROLE {role};
             CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN OLD; END'; RESET ROLE"
        ))
        .unwrap();
    let mut attacker = database.connect();
    attacker
        .batch_execute(&format!(
            "SET ROLE {role}; BEGIN; CREATE TABLE evil.side (task int REFERENCES public.tasks ON DELETE CASCADE);
             CREATE TRIGGER fires AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()"
        ))
        .unwrap();
    let mut deleting = database.connect();
    let deletion = std::thread::spawn(move || deleting.batch_execute("SELECT todo_delete_user('u1')"));
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock' AND query LIKE '%todo_delete_user%'",
        database.name
    );
    let since = Instant::now();
    while database.client.query_one(&waits, &[]).unwrap().get::<_, i64>(0) == 0 {
        assert!(since.elapsed() < Duration::from_secs(20), "the deletion does not wait");
    }
    attacker.batch_execute("INSERT INTO evil.side SELECT id FROM public.tasks; COMMIT").unwrap();
    assert_eq!(Failure::of(deletion.join().unwrap()).code, "55000");
    assert_eq!(strings(&mut database.client, "SELECT who FROM ran"), [""; 0]);
    assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["u1"]);
}

/// Also where a superuser has logged in and works with the rights of the owner, who could make the session superuser again.
#[test]
fn a_login_of_a_superuser_needs_trust() {
    let (mut database, _) = attacked();
    let owner = Edition::Sql.owner(&database.name);
    for arguments in [&["status"][..], &["upgrade"], &["user", "list"], &["move", "--to", "extension"]] {
        let mut command = admin(&database.name);
        command.env("PGUSER", "postgres").env("PGOPTIONS", format!("-c role={owner}"));
        let Said { code, err, .. } = said(command.args(arguments), "");
        assert!(code == 1 && err.contains("--trust-owner"), "{arguments:?}: {err}");
    }
    // Nor does a superuser restore what the owner has written.
    let into = format!("{}_restored", database.name);
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(&database.name);
    std::fs::create_dir_all(&dir).unwrap();
    let archive = dir.join("all.dump");
    let dump = std::process::Command::new("pg_dump")
        .args(["--format=custom", "--file"])
        .arg(&archive)
        .arg(&database.name)
        .status()
        .unwrap();
    assert!(dump.success());
    let restore = |options: &[&str]| {
        let mut command = admin(&database.name);
        command.env("PGUSER", "postgres").args(options).args(["restore", archive.to_str().unwrap(), "--into", &into]);
        said(&mut command, "")
    };
    let refused = restore(&[]);
    assert!(refused.code == 1 && refused.err.contains("--trust-owner"), "{}", refused.err);
    assert_eq!(restore(&["--trust-owner"]).code, 0);
    std::fs::remove_dir_all(dir).unwrap();
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// Types of others, whatever the path says.
#[test]
fn no_type_of_others_is_used() {
    let mut database = Database::empty();
    let (owner, evil) = (database.role("owner"), database.role("evil"));
    database
        .client
        .batch_execute(&format!(
            "ALTER DATABASE {} OWNER TO {owner}; CREATE EXTENSION pgcrypto; CREATE SCHEMA evil AUTHORIZATION {evil}; GRANT USAGE ON SCHEMA evil TO PUBLIC;
             CREATE TABLE ran (who name); GRANT ALL ON ran TO PUBLIC; SET ROLE {evil};
             CREATE FUNCTION evil.holds(pg_catalog.text) RETURNS bool LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN true; END';
             CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.holds(VALUE)); RESET ROLE; SET ROLE {owner};
             SET search_path = public, evil, pg_catalog",
            database.name
        ))
        .unwrap();
    database.client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(&mut database.client, "SELECT who::pg_catalog.text FROM ran"), [""; 0]);
    // Nor is it created where it would vanish.
    let mut other = Database::empty();
    let role = other.role("owner");
    other
        .client
        .batch_execute(&format!(
            "SET log_min_error_statement = panic; ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role};
             SET search_path = pg_temp, public; CREATE TEMPORARY TABLE there ()",
            other.name
        ))
        .unwrap();
    assert_eq!(Failure::of(other.client.batch_execute(script("todo"))).code, "3F000");
}

/// Rights that the owner has given to everyone stay, in an update and an adoption.
#[test]
fn rights_of_everyone_stay() {
    let given = "SELECT concat_ws(' ', has_table_privilege('pg_monitor', 'tasks', 'SELECT'), has_column_privilege('pg_monitor', 'users', 'name', 'SELECT'),
        has_sequence_privilege('pg_monitor', 'tasks_id_seq', 'USAGE'))";
    let give = "GRANT SELECT ON tasks TO PUBLIC; GRANT SELECT (name) ON users TO PUBLIC; GRANT USAGE ON SEQUENCE tasks_id_seq TO PUBLIC";
    let (mut database, _) = attacked();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&format!("SET ROLE {owner}; {give}; {}", script("todo"))).unwrap();
    assert_eq!(strings(&mut database.client, given), ["t t t"]);

    let mut database = Database::empty();
    let role = database.role("owner");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {}; {give}; SET todo.adopt = on",
            database.name, TO_ADOPT[1].1
        ))
        .unwrap();
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(client, given), ["t t t"]);
}

/// A table that is there already is named, and nothing is created beside it.
#[test]
fn tables_in_the_way_are_named() {
    for there in ["CREATE TABLE users (a int)", "CREATE SEQUENCE tasks_id_seq"] {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "SET log_min_error_statement = panic; ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {there}",
                database.name
            ))
            .unwrap();
        let failure = Failure::of(client.batch_execute(script("todo")));
        assert_eq!(failure.code, "42P07", "{there}");
        assert!(failure.hint.is_some_and(|hint| hint.contains("todo.adopt")), "{there}");
    }
}

/// Code of the role's that leaves a trace wherever it runs with the rights of another role, even in what is taken back.
fn trapped() -> (Database, String) {
    let (mut database, role) = attacked();
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_internal.set_bcrypt_cost(4);
             SELECT todo_set_password_hash('u1', todo_hash_password('long enough'));
             SET ROLE {role}; CREATE SEQUENCE evil.hits; GRANT ALL ON SEQUENCE evil.hits TO PUBLIC;
             CREATE FUNCTION evil.strike() RETURNS bool LANGUAGE plpgsql SET search_path = pg_catalog AS
                 $$ BEGIN IF current_user <> '{role}' THEN PERFORM nextval('evil.hits'); END IF; RETURN true; END $$;
             CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM evil.strike(); RETURN coalesce(NEW, OLD); END';
             RESET ROLE"
        ))
        .unwrap();
    (database, role)
}

#[track_caller]
fn nothing_ran(database: &Database, context: &str) {
    let hits = "SELECT last_value::text FROM pg_sequences WHERE sequencename = 'hits' AND last_value IS NOT NULL";
    assert_eq!(strings(&mut database.connect(), hits), [""; 0], "{context}");
}

fn found(database: &Database) -> Vec<String> {
    found_by(&mut database.connect(), "public")
}

fn found_by(client: &mut Client, schema: &str) -> Vec<String> {
    strings(client, &format!("SELECT name FROM {schema}.todo_check() WHERE NOT ok"))
}

/// What writes rows of users with the rights of their owner.
const WRITES: [&str; 6] = [
    "SELECT todo_create_user('n@b.cd', 'N', 'long enough')",
    "SELECT todo_update_user('u1', name => 'N')",
    "SELECT todo_verify_email('u1')",
    "SELECT todo_set_active('u1', true)",
    "SELECT todo_change_password('u1', 'long enough', 'long also')",
    "SELECT todo_delete_user('u1')",
];

/// What the calls come to in one transaction, each as if it were the first.
fn each(client: &mut Client, calls: &[&str]) -> Vec<String> {
    let mut one = |call: &&str| {
        client.batch_execute("SAVEPOINT one").unwrap();
        let outcome = outcome(client, call);
        client.batch_execute("ROLLBACK TO one").unwrap();
        outcome
    };
    calls.iter().map(&mut one).collect()
}

/// A function looks at what it would run with the snapshot of the transaction, which does not show the newest trigger.
#[test]
fn what_a_snapshot_does_not_show_is_not_run() {
    for (right, code) in [
        (
            "TRIGGER ON users",
            "CREATE TRIGGER zzz BEFORE INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        ("TRIGGER ON tasks", "CREATE TRIGGER zzz BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION evil.fires()"),
        (
            "REFERENCES ON users",
            "ALTER TABLE evil.side ADD FOREIGN KEY (u) REFERENCES users ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        (
            "REFERENCES (id) ON users",
            "ALTER TABLE evil.side ADD FOREIGN KEY (u) REFERENCES users ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        (
            "REFERENCES ON tasks",
            "ALTER TABLE evil.side ADD FOREIGN KEY (t) REFERENCES tasks ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
    ] {
        for grantee in ["evil", "PUBLIC"] {
            let (mut database, role) = trapped();
            let grantee = if grantee == "evil" { role.as_str() } else { grantee };
            database.client.batch_execute(&format!("GRANT {right} TO {grantee}")).unwrap();
            let mut attacker = database.connect_as(&role);
            attacker
                .batch_execute("CREATE TABLE evil.side (u varchar(36), t int); INSERT INTO evil.side VALUES ('u1', 1)")
                .unwrap();
            let mut callers = ["REPEATABLE READ", "SERIALIZABLE"].map(|level| {
                let mut caller = database.connect_as(&role);
                caller
                    .batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM evil.side"))
                    .unwrap();
                caller
            });
            attacker.batch_execute(code).unwrap();
            for caller in &mut callers {
                let outcomes = each(caller, &WRITES);
                nothing_ran(&database, right);
                // Only a deletion goes on to tasks.
                let refused = |call: &str| right.ends_with("users") || call.contains("delete");
                let expected = WRITES.map(|call| if refused(call) { "25001" } else { "ok" });
                assert_eq!(outcomes, expected, "{right} to {grantee}");
            }
        }
    }
}

/// A login renews an old hash, and where it had better not, it is a login nevertheless.
#[test]
fn a_login_runs_nothing_that_a_snapshot_does_not_show() {
    let (mut database, role) = trapped();
    database
        .client
        .batch_execute(&format!("SELECT todo_internal.set_bcrypt_cost(5); GRANT TRIGGER ON users TO {role}"))
        .unwrap();
    let mut caller = database.connect_as(&role);
    caller.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").unwrap();
    database
        .connect_as(&role)
        .batch_execute("CREATE TRIGGER zzz BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION evil.fires()")
        .unwrap();
    assert_eq!(outcome(&mut caller, "SELECT todo_authenticate('a@b.cd', 'long enough')"), "ok");
    nothing_ran(&database, "a login");
}

/// Where no other role has rights by which its code could run, a snapshot is as good as any.
#[test]
fn snapshots_of_who_is_alone_are_fine() {
    let (mut database, role) = trapped();
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let mut caller = database.connect_as(&role);
        caller.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        assert_eq!(each(&mut caller, &WRITES), ["ok"; WRITES.len()], "{level}");
        // So is one of who may do anything anyway, with rights of its own on its own tables.
        let mut owner = database.connect_as(&Edition::Sql.owner(&database.name));
        owner.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        assert_eq!(each(&mut owner, &WRITES), ["ok"; WRITES.len()], "{level}");
    }
    // Nor are others in the way of a transaction that sees all.
    database.client.batch_execute(&format!("GRANT TRIGGER, REFERENCES ON users, tasks TO {role}")).unwrap();
    let mut caller = database.connect_as(&role);
    caller.batch_execute("BEGIN; SELECT 1").unwrap();
    assert_eq!(each(&mut caller, &WRITES), ["ok"; WRITES.len()]);
}

/// The script looks once for what it would run, when it has locked the tables.
#[test]
fn an_adoption_sees_all_that_is_there() {
    for (level, expected) in [("repeatable read", "25001"), ("serializable", "25001"), ("read committed", "ok")] {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {};
                 SET default_transaction_isolation = '{level}'; SET todo.adopt = on",
                database.name, TO_ADOPT[1].1
            ))
            .unwrap();
        assert_eq!(outcome(client, script("todo")), expected, "{level}");
        let there = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_internal'";
        assert_eq!(strings(client, there).is_empty(), expected != "ok", "{level}");
    }
}

/// The owner of a schema can rename it, and make another one in its place.
#[test]
fn the_owner_of_the_schema_is_no_stranger() {
    const APP: &str = "app";
    const OWN: &str = "\"$user\", app";
    for (search, schema, expected) in [
        (APP, "CREATE SCHEMA app AUTHORIZATION {owner}", "ok"),
        (APP, "CREATE SCHEMA app", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}", "42501"),
        // A member is the owner at will; whose member the owner is, is somebody else.
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}; GRANT {owner} TO {evil}", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}; GRANT {evil} TO {owner}", "42501"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {owner}", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {evil}", "42501"),
        (
            APP,
            "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {evil};
             GRANT {owner} TO {evil}",
            "ok",
        ),
        // Another role has taken the name that is searched first.
        (OWN, "CREATE SCHEMA app AUTHORIZATION {owner}; CREATE SCHEMA {owner} AUTHORIZATION {evil}", "42501"),
    ] {
        let mut database = Database::empty();
        let (owner, evil) = (database.role("owner"), database.role("evil"));
        let name = database.name.clone();
        let schema = schema.replace("{owner}", &owner).replace("{evil}", &evil).replace("{name}", &name);
        database
            .client
            .batch_execute(&format!(
                "CREATE SCHEMA crypto; GRANT USAGE ON SCHEMA crypto TO PUBLIC; CREATE EXTENSION pgcrypto SCHEMA crypto;
                 GRANT CREATE ON DATABASE {name} TO {owner}, {evil}; {schema};
                 DO $$
                 DECLARE
                     name text;
                 BEGIN
                     FOR name IN SELECT n.nspname FROM pg_namespace AS n WHERE n.nspname IN ('app', '{owner}') LOOP
                         EXECUTE format('GRANT ALL ON SCHEMA %I TO PUBLIC', name);
                     END LOOP;
                 END $$"
            ))
            .unwrap();
        let mut client = database.connect_as(&owner);
        client.batch_execute(&format!("SET search_path = {search}")).unwrap();
        assert_eq!(outcome(&mut client, script("todo")), expected, "{schema}");
        let tables = "SELECT relname::text FROM pg_class WHERE relname = 'users'";
        assert_eq!(strings(&mut client, tables).is_empty(), expected != "ok", "{schema}");
    }
}

/// It can become another's later, by a superuser.
#[test]
fn a_later_owner_of_the_schema_is_found() {
    let (mut database, role) = trapped();
    let (name, owner) = (database.name.clone(), Edition::Sql.owner(&database.name));
    assert_eq!(found(&database), [""; 0]);
    for (change, back) in [
        (format!("ALTER SCHEMA public OWNER TO {role}"), "ALTER SCHEMA public OWNER TO pg_database_owner".to_owned()),
        (format!("ALTER DATABASE {name} OWNER TO {role}"), format!("ALTER DATABASE {name} OWNER TO {owner}")),
    ] {
        database.client.batch_execute(&change).unwrap();
        assert_eq!(found(&database), ["owner of schema public"], "{change}");
        assert_eq!(outcome(&mut database.connect_as(&owner), script("todo")), "42501", "{change}");
        database.client.batch_execute(&back).unwrap();
        assert_eq!(found(&database), [""; 0], "{change}");
    }
    database.client.batch_execute("ALTER SCHEMA public OWNER TO postgres").unwrap();
    assert_eq!(found(&database), [""; 0]);

    // Its tables are not taken for ours, which are in the schema of another name now.
    database
        .client
        .batch_execute(&format!("GRANT CREATE ON DATABASE {name} TO {role}; ALTER SCHEMA public OWNER TO {role}"))
        .unwrap();
    database
        .connect_as(&role)
        .batch_execute(
            "ALTER SCHEMA public RENAME TO home; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC;
             CREATE TABLE public.users (
                 id varchar(36), email varchar(255), name varchar(100), hashed_password varchar(255),
                 created_at timestamp, updated_at timestamp, is_active boolean, email_verified boolean
             );
             CREATE TABLE public.tasks ();
             INSERT INTO public.users VALUES ('u1', 'a@b.cd', 'A', '!', now(), now(), true, false);
             ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON public.users USING (evil.strike());
             GRANT ALL ON public.users, public.tasks TO PUBLIC",
        )
        .unwrap();
    // The check answers, and says so.
    let mut caller = database.connect_as(&owner);
    caller.batch_execute("SET search_path = home").unwrap();
    assert!(found_by(&mut caller, "home").iter().any(|name| name == "sequence tasks_id_seq ahead of tasks"));
    nothing_ran(&database, "todo_check()");
    let login = "SELECT todo_authenticate('a@b.cd', 'long enough')";
    for call in WRITES.iter().chain([&login]) {
        let outcome = outcome(&mut database.connect_as(&role), &call.replace("todo_", "home.todo_"));
        nothing_ran(&database, call);
        assert_eq!(outcome, "55000", "{call}");
    }
    database.client.batch_execute("ALTER SCHEMA public RENAME TO other; ALTER SCHEMA home RENAME TO public").unwrap();
    assert_eq!(strings(&mut database.client, "SELECT name FROM public.users"), ["A"]);
}

/// The owner of pgcrypto's schema makes another one in its place, while an update waits for the tables.
#[test]
fn passwords_are_hashed_by_pgcrypto_alone() {
    let (mut database, role) = trapped();
    let owner = Edition::Sql.owner(&database.name);
    database
        .client
        .batch_execute(&format!(
            "CREATE SCHEMA crypto AUTHORIZATION {role}; GRANT USAGE ON SCHEMA crypto TO PUBLIC;
             GRANT CREATE ON DATABASE {} TO {role}; ALTER EXTENSION pgcrypto SET SCHEMA crypto",
            database.name
        ))
        .unwrap();
    database.connect_as(&owner).batch_execute(script("todo")).unwrap();
    let hashers = "CREATE FUNCTION crypto.crypt(text, text) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM evil.strike(); RETURN former.crypt($1, $2); END';
         CREATE FUNCTION crypto.gen_salt(text, int) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM evil.strike(); RETURN former.gen_salt($1, $2); END'";
    let mut attacker = database.connect_as(&role);
    attacker.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS SHARE MODE").unwrap();
    let mut updater = database.connect_as(&owner);
    let pid: i32 = updater.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let code = std::thread::scope(|scope| {
        let updating = scope.spawn(|| outcome(&mut updater, script("todo")));
        let waits = format!("SELECT FROM pg_locks WHERE pid = {pid} AND NOT granted");
        while !updating.is_finished() && database.client.query(&waits, &[]).unwrap().is_empty() {}
        attacker
            .batch_execute(&format!(
                "ALTER SCHEMA crypto RENAME TO former; CREATE SCHEMA crypto; GRANT USAGE ON SCHEMA crypto TO PUBLIC;
                 {hashers}; COMMIT"
            ))
            .unwrap();
        updating.join().unwrap()
    });
    let call = "SELECT todo_create_user('n@b.cd', 'N', 'long enough')";
    assert_eq!(outcome(&mut database.connect_as(&role), call), "ok");
    nothing_ran(&database, &code);
    assert_eq!((code.as_str(), found(&database)), ("55000", vec![]));

    // Whatever else has made a function of ours call one of another's.
    let given = format!("ALTER FUNCTION former.crypt(text, text) OWNER TO {role}");
    for change in [
        given.as_str(),
        "ALTER EXTENSION pgcrypto DROP FUNCTION former.crypt(text, text)",
        "ALTER EXTENSION pgcrypto DROP FUNCTION former.gen_salt(text, int)",
        "DO $$ BEGIN
             EXECUTE replace(pg_get_functiondef('todo_internal.bcrypt'::regproc), 'former.crypt(', 'crypto.crypt(');
         END $$",
    ] {
        let client = &mut database.client;
        client.batch_execute(&format!("BEGIN; {change}")).unwrap();
        assert_ne!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{change}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}

/// What an update creates is given to nobody, whatever the owner gives of all that is created.
#[test]
fn default_privileges_give_no_function() {
    let mut database = Database::empty();
    let (owner, anyone) = (Edition::Sql.owner(&database.name), database.role("anyone"));
    database.client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    database.client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    let mut client = database.connect_as(&owner);
    client
        .batch_execute(&format!(
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {anyone};
             DROP FUNCTION todo_delete_user(text), todo_set_password_hash(text, text), todo_list_tasks,
                 todo_internal.set_bcrypt_cost(int), todo_auth.grant(text), todo_auth.revoke(text),
                 todo_auth.store_password"
        ))
        .unwrap();
    for part in ["todo", "todo_auth"] {
        client.batch_execute(script(part)).unwrap();
    }
    let given = format!(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
         WHERE a.grantee = '{anyone}'::regrole
         ORDER BY 1"
    );
    assert_eq!(strings(&mut client, &given), [""; 0]);
    assert_eq!(found(&database), [""; 0]);
}

/// A schema of this name that is not ours, where ours was.
#[test]
fn a_schema_todo_auth_of_others_is_no_part_of_todo() {
    let (mut database, role) = trapped();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_auth.grant('{role}'); GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {owner};
             DROP SCHEMA todo_auth CASCADE; RESET ROLE",
            database.name
        ))
        .unwrap();
    let rights = format!(
        "SELECT concat_ws(' ', c.oid::regclass, r.attname, a.privilege_type)
         FROM pg_class AS c LEFT JOIN pg_attribute AS r ON r.attrelid = c.oid
         CROSS JOIN aclexplode(CASE WHEN r.attnum = 1 THEN c.relacl || r.attacl ELSE r.attacl END) AS a
         WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = '{role}'::regrole
         UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
         WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = '{role}'::regrole
         ORDER BY 1"
    );
    let calls = [
        "SELECT 1".to_owned(),
        format!("SELECT todo_grant('{role}')"),
        format!("SELECT todo_grant('{role}', 'tables')"),
        format!("SELECT todo_revoke('{role}')"),
    ];
    // The checks, and the role's rights, after each call.
    let seen = |database: &Database| {
        let client = &mut database.connect_as(&owner);
        let after = |call: &String| {
            client.batch_execute(&format!("BEGIN; {call}")).unwrap_or_else(|e| panic!("{call}: {e:?}"));
            let checks = strings(client, "SELECT concat_ws('|', name, ok, detail, fix) FROM todo_check()");
            let rights = strings(client, &rights);
            client.batch_execute("ROLLBACK").unwrap();
            [checks, rights].concat().into_iter().map(|line| format!("{call}: {line}")).collect::<Vec<_>>()
        };
        calls.iter().flat_map(after).collect::<Vec<_>>()
    };
    let before = seen(&database);
    let passwords = format!("{}: users hashed_password", calls[1]);
    assert!(!before.iter().any(|line| line.starts_with(&passwords)), "{before:?}");
    database
        .connect_as(&role)
        .batch_execute(
            "CREATE SCHEMA todo_auth; CREATE TABLE todo_auth.session ();
             CREATE VIEW todo_auth.account AS SELECT 1 AS x",
        )
        .unwrap();
    let after = seen(&database);
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(new.is_empty() && after.len() == before.len(), "{new:?}");
    database.connect_as(&owner).batch_execute("SELECT todo_release_tables()").unwrap();
}

/// A function that is trusted for all that it does is none with what somebody else has it do.
#[test]
fn arguments_of_triggers_are_code() {
    let keys = "(SELECT k FROM evil.v WHERE f OFFSET 0) AS q";
    for (table, trigger, calls) in [
        (
            "users",
            "CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION
                 check_primary_key('name', 'KEYS', 'k')",
            &WRITES[..5],
        ),
        (
            "tasks",
            "CREATE TRIGGER zzz BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION
                 check_foreign_key(1, 'restrict', 'title', 'KEYS', 'k')",
            &WRITES[5..],
        ),
    ] {
        let (mut database, role) = trapped();
        let client = &mut database.client;
        client.batch_execute(&format!("CREATE EXTENSION refint; GRANT TRIGGER ON {table} TO {role}")).unwrap();
        let mut attacker = database.connect_as(&role);
        attacker
            .batch_execute(&format!(
                "CREATE VIEW evil.v AS SELECT n AS k, evil.strike() AS f FROM unnest(ARRAY['A', 'N']::varchar[]) AS n;
                 GRANT ALL ON evil.v TO PUBLIC; {}",
                trigger.replace("KEYS", keys)
            ))
            .unwrap();
        attacker.batch_execute("BEGIN").unwrap();
        let outcomes = each(&mut attacker, calls);
        nothing_ran(&database, table);
        assert!(outcomes.iter().all(|outcome| outcome == "55000"), "{table}: {outcomes:?}");
        drop(attacker);

        // Nor when the right has been taken back: the trigger stays.
        database.client.batch_execute(&format!("REVOKE TRIGGER ON {table} FROM {role}")).unwrap();
        let mut caller = database.connect_as(&role);
        caller.batch_execute("BEGIN").unwrap();
        let outcomes = each(&mut caller, calls);
        nothing_ran(&database, table);
        assert!(outcomes.iter().all(|outcome| outcome == "55000"), "{table}: {outcomes:?}");
    }
}

/// A right to refer to a single column, or to make triggers, is as good as the one to refer to the table.
#[test]
fn rights_by_which_code_runs_are_found() {
    let (mut database, role) = attacked();
    for (right, table) in [
        ("REFERENCES (id)", "users"),
        ("REFERENCES (email)", "users"),
        ("REFERENCES (id)", "tasks"),
        ("REFERENCES", "users"),
        ("TRIGGER", "users"),
        ("TRIGGER", "tasks"),
    ] {
        for grantee in [role.as_str(), "PUBLIC"] {
            database.client.batch_execute(&format!("GRANT {right} ON {table} TO {grantee}")).unwrap();
            let found = found(&database);
            assert!(
                found.len() == 1 && found[0].starts_with("rights of"),
                "{right} on {table} to {grantee}: {found:?}"
            );
            database.client.batch_execute(&format!("REVOKE {right} ON {table} FROM {grantee}")).unwrap();
        }
    }
    assert_eq!(found(&database), [""; 0]);
}
