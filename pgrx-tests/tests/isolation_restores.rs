//! A restore in any format and order never shows an isolated role more than before, not even while it runs.

use postgres::{Client, NoTls};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::admin::Scratch;
use todo_tests::{Database, Edition, Failure, Server, strings};

const FAULTS: &str = "SELECT name FROM todo_check() WHERE NOT ok";

/// A database with so many rows that a restore takes a while, an isolated role, which may run Better Auth, and a role that is not isolated.
fn filled() -> (Database, String) {
    let mut database = Database::with_auth();
    let (role, api) = (database.role("isolated"), database.role("api"));
    database
        .client
        .batch_execute(&format!(
            "INSERT INTO tasks (user_id, title) SELECT 'u' || i % 2 + 1, 'Task ' || i FROM generate_series(1, 20000) AS i;
             INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('t', now(), 'u1');
             SELECT todo_grant('{role}', 'isolated'); SELECT todo_auth.grant('{role}'); SELECT todo_grant('{api}')"
        ))
        .unwrap();
    (database, role)
}

fn run(program: &str, arguments: &[&str], options: &str) -> Output {
    Command::new(program).args(arguments).env("PGOPTIONS", options).output().unwrap()
}

fn succeeds(program: &str, arguments: &[&str], options: &str) {
    let output = run(program, arguments, options);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn scratch(database: &Database) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), database)
}

/// Does `work` while the role reads the tables as often as it can. It must see no row. Returns how often it has read meanwhile.
fn watched(database: &Database, role: &str, work: impl FnOnce()) -> usize {
    let done = AtomicBool::new(false);
    let mut config = database.config();
    config.user(role);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut client = config.connect(NoTls).unwrap();
            let mut looks = 0;
            // Once more when the work is done.
            loop {
                let is_done = done.load(Ordering::Relaxed);
                for relation in
                    ["public.tasks", "public.todo_users", "public.users", "todo_auth.session", "todo_auth.account"]
                {
                    looks += usize::from(!is_done);
                    match client.query_one(&format!("SELECT count(*) FROM {relation}"), &[]) {
                        Ok(row) => assert_eq!(row.get::<_, i64>(0), 0, "{relation}"),
                        // The relation does not exist yet, may not be read yet, or is being changed.
                        Err(error) => {
                            let code = Failure::from(&error).code;
                            assert!(
                                ["42P01", "3F000", "42501", "XX000", "40P01"].contains(&code.as_str()),
                                "{relation}: {error:?}"
                            );
                        }
                    }
                }
                if is_done {
                    return looks;
                }
            }
        });
        work();
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("the role sees nothing")
    })
}

fn is_as_before(client: &mut Client, role: &str) {
    client.batch_execute("SET search_path = public").unwrap();
    assert_eq!(strings(client, "SELECT count(*)::text FROM tasks"), ["20000"]);
    assert_eq!(strings(client, FAULTS), [""; 0]);
    client.batch_execute(&format!("SET ROLE {role}; SET todo.user_id = 'u1'")).unwrap();
    assert_eq!(strings(client, "SELECT DISTINCT user_id FROM tasks"), ["u1"]);
    assert_eq!(strings(client, "SELECT id FROM todo_users"), ["u1"]);
    assert_eq!(strings(client, "SELECT \"userId\" FROM todo_auth.session"), ["u1"]);
    client.batch_execute("RESET ROLE").unwrap();
}

#[test]
fn a_restore_in_any_format_shows_no_rows() {
    let (database, role) = filled();
    let dir = scratch(&database);
    for (format, options, arguments) in [
        ("-Fp", "", &[][..]),
        ("-Fp", "-c session_replication_role=replica", &["-1"]),
        ("-Fc", "", &[]),
        ("-Fc", "-c session_replication_role=replica", &["--single-transaction"]),
        ("-Fd", "-c session_replication_role=replica", &["--jobs=4"]),
        ("-Ft", "-c todo.guard=off", &[]),
    ] {
        let dump = dir.file(format);
        if !std::path::Path::new(&dump).exists() {
            succeeds("pg_dump", &[format, "--file", &dump, &database.name], "");
        }
        let mut restored = Database::empty();
        let target = restored.name.clone();
        let looks = watched(&restored, &role, || match format {
            "-Fp" => succeeds(
                "psql",
                &[&["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", &target, "-f", &dump], arguments]
                    .concat(),
                options,
            ),
            _ => {
                succeeds("pg_restore", &[&["--exit-on-error", "--dbname", &target, &dump], arguments].concat(), options)
            }
        });
        assert!(looks > 20, "{looks}");
        is_as_before(&mut restored.client, &role);
    }
}

/// Rights are restored first, and rows later. The list of isolated roles comes last.
#[test]
fn a_restore_in_parts_shows_no_rows() {
    let (database, role) = filled();
    let dir = scratch(&database);
    let dump = dir.file("dump");
    succeeds("pg_dump", &["-Fc", "--file", &dump, &database.name], "");
    let whole_schema = ["--schema-only"];
    let first_part = ["--section=pre-data"];
    for (first, then) in [
        (&first_part, &["--section=data"][..]),
        (&whole_schema, &["--data-only"]),
        (&whole_schema, &["--data-only", "--disable-triggers"]),
        (&whole_schema, &["--data-only", "--disable-triggers", "--single-transaction"]),
    ] {
        let mut restored = Database::empty();
        let target = restored.name.clone();
        let looks = watched(&restored, &role, || {
            succeeds("pg_restore", &[&["--exit-on-error", "--dbname", &target, &dump], &first[..]].concat(), "");
            succeeds("pg_restore", &[&["--exit-on-error", "--dbname", &target, &dump], then].concat(), "");
            if first[0] == "--section=pre-data" {
                succeeds("pg_restore", &["--exit-on-error", "--section=post-data", "--dbname", &target, &dump], "");
            }
        });
        assert!(looks > 20, "{looks}");
        let client = &mut restored.client;
        client.batch_execute("SET search_path = public").unwrap();
        // pg_restore enables triggers again, but not always.
        for fix in strings(client, "SELECT fix FROM todo_check() WHERE NOT ok AND name LIKE 'trigger %'") {
            client.batch_execute(&fix).unwrap();
        }
        is_as_before(client, &role);
    }

    // Without privileges, the role gets no right.
    let mut restored = Database::empty();
    let target = restored.name.clone();
    watched(&restored, &role, || {
        succeeds("pg_restore", &["--exit-on-error", "--no-privileges", "--dbname", &target, &dump], "")
    });
    let client = &mut restored.client;
    client.batch_execute("SET search_path = public").unwrap();
    assert_eq!(strings(client, FAULTS), [""; 0]);
    watched(&restored, &role, || {
        database_owner(&restored)
            .batch_execute(&format!("GRANT SELECT ON users, tasks, todo_users TO {role}"))
            .unwrap();
    });
}

fn database_owner(database: &Database) -> Client {
    let mut client = database.connect();
    client.batch_execute("SET search_path = public").unwrap();
    client
}

/// If the role does not exist on the server, todo_check() names it. When it is created, it sees nothing, whatever it is granted.
#[test]
fn before_the_role_is_created() {
    let (database, role) = filled();
    let dir = scratch(&database);
    let dump = dir.file("dump");
    succeeds("pg_dump", &["--file", &dump, &database.name], "");
    let server = Server::start();
    let client = &mut server.connect("postgres");
    let output = run("psql", &["-X", "-q", "-o", "/dev/null", "-h", server.host(), "-d", "postgres", "-f", &dump], "");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains(&format!("WARNING:  role \"{role}\"")), "{errors}");
    client.batch_execute("SET search_path = public").unwrap();
    let found = "SELECT name || ': ' || detail FROM todo_check() WHERE name LIKE 'isolation%' AND NOT ok";
    assert_eq!(strings(client, found), [format!("isolation of {role}: does not exist")]);

    client.batch_execute(&format!("CREATE ROLE {role} LOGIN")).unwrap();
    let isolated = &mut server.connect_as("postgres", &role);
    for grant in
        ["SELECT ON tasks", "SELECT ON ALL TABLES IN SCHEMA public", "EXECUTE ON ALL FUNCTIONS IN SCHEMA public"]
    {
        client.batch_execute(&format!("GRANT {grant} TO {role}")).unwrap();
        match isolated.query_one("SELECT count(*) FROM tasks", &[]) {
            Ok(row) => assert_eq!(row.get::<_, i64>(0), 0, "{grant}"),
            Err(error) => assert_eq!(Failure::from(&error).code, "42501", "{grant}: a function of the policy"),
        }
    }
    assert_eq!(strings(client, found), [""; 0]);
    isolated.batch_execute("SET todo.user_id = 'u2'").unwrap();
    assert_eq!(strings(isolated, "SELECT DISTINCT user_id FROM tasks"), ["u2"]);
    assert_eq!(strings(isolated, "SELECT id FROM todo_users"), ["u2"]);
}

/// todo_check() finds what would end an isolation, and its statements repair it.
#[test]
fn faults_are_found_and_repaired() {
    let (mut database, role) = filled();
    let client = &mut database.client;
    let other = format!("{}_other", database.name);
    client.batch_execute(&format!("CREATE ROLE {other}")).unwrap();
    for (number, fault) in [
        "DROP POLICY todo_isolated ON tasks",
        "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE todo_auth.session DISABLE ROW LEVEL SECURITY",
        &format!("ALTER POLICY todo_isolated ON users TO {other}"),
        "ALTER POLICY todo_isolated ON tasks USING (true)",
        "ALTER POLICY todo_isolated ON tasks WITH CHECK (true)",
        "DROP POLICY todo_isolated ON tasks; CREATE POLICY todo_isolated ON tasks TO PUBLIC USING (true)",
        "ALTER VIEW todo_users RESET (security_invoker)",
        "DELETE FROM todo_internal.isolated_roles",
        "ALTER TABLE todo_internal.isolated_roles DISABLE TRIGGER todo_isolation",
        &format!("ALTER ROLE {role} BYPASSRLS"),
    ]
    .into_iter()
    .enumerate()
    {
        client.batch_execute(fault).unwrap();
        let fixes = strings(client, "SELECT DISTINCT fix FROM todo_check() WHERE NOT ok");
        assert!(!fixes.is_empty(), "{number}: {fault}");
        for fix in fixes {
            client.batch_execute(&fix).unwrap_or_else(|e| panic!("{fault}: {fix}: {e}"));
        }
        let left = strings(client, "SELECT name || ': ' || detail || ': ' || fix FROM todo_check() WHERE NOT ok");
        // A role that a policy names is isolated: its statement says so.
        assert_eq!(left, [""; 0], "{fault}");
        client
            .batch_execute(&format!("SELECT todo_grant('{role}', 'isolated'); SELECT todo_revoke('{other}')"))
            .unwrap();
    }
    // A role that has been renamed is still bound.
    client
        .batch_execute(&format!("ALTER ROLE {role} RENAME TO {role}_new; SELECT todo_internal.keep_isolation()"))
        .unwrap();
    let renamed = &mut database.connect_as(&format!("{role}_new"));
    assert_eq!(strings(renamed, "SELECT count(*)::text FROM tasks"), ["0"]);
    let client = &mut database.client;
    assert_eq!(strings(client, "SELECT count(*)::text FROM todo_check() WHERE NOT ok"), ["2"]);
    client.batch_execute(&format!("SELECT todo_grant('{role}_new', 'isolated'); DELETE FROM todo_internal.isolated_roles WHERE role = '{role}'")).unwrap();
    assert_eq!(strings(client, FAULTS), [""; 0]);
}

/// After a restore, the application's own row-level security is in force as before, whether it or the isolation came first.
#[test]
fn policies_of_the_application_come_back() {
    for isolation_first in [false, true] {
        let mut database = Database::with_users();
        let (role, app) = (database.role("isolated"), database.role("app"));
        let isolation = format!("SELECT todo_grant('{role}', 'isolated');");
        let policy = "CREATE POLICY app ON tasks USING (user_id = current_setting('app.id', true)); ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;";
        let steps = if isolation_first { [&isolation, policy] } else { [policy, &isolation] };
        let insert = "INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'), ('u2', 'x')";
        database.client.batch_execute(&format!("SELECT todo_grant('{app}'); {insert}; {}", steps.concat())).unwrap();
        let sees = |database: &Database| {
            let mut client = database.connect_as(&app);
            client.batch_execute("SET app.id = 'u1'; SET search_path = public").unwrap();
            strings(&mut client, "SELECT user_id FROM tasks")
        };
        assert_eq!(sees(&database), ["u1"]);
        let dir = scratch(&database);
        let dump = dir.file("dump");
        succeeds("pg_dump", &["-Fc", "--file", &dump, &database.name], "");
        let extras = strings(&mut database.client, "SELECT ddl FROM todo_not_in_dumps()");
        assert_eq!(extras.len(), 2, "{extras:?}");
        let mut restored = Database::empty();
        succeeds("pg_restore", &["--exit-on-error", "--dbname", &restored.name.clone(), &dump], "");
        restored.client.batch_execute(&extras.join("; ")).unwrap();
        assert_eq!(sees(&restored), ["u1"]);
        let client = &mut restored.client;
        client.batch_execute(&format!("SET search_path = public; SELECT todo_revoke('{role}')")).unwrap();
        assert_eq!(sees(&restored), ["u1"]);
    }
}

/// When another role maintains objects of the isolated role, PostgreSQL runs functions of the isolated role. They reach no other rows.
#[test]
fn maintenance_is_no_way_out() {
    let (database, role) = filled();
    let client = &mut database.connect();
    client.batch_execute(&format!("CREATE SCHEMA own AUTHORIZATION {role}")).unwrap();
    let isolated = &mut database.connect_as(&role);
    isolated
        .batch_execute(
            "SET todo.user_id = 'u1';
             CREATE FUNCTION own.f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN u::text FROM public.todo_update_user('u2', name => 'Not mine') AS u; END $$;
             CREATE MATERIALIZED VIEW own.m AS SELECT own.f() AS u2 WITH NO DATA;
             CREATE TABLE own.t (i integer);
             CREATE FUNCTION own.g(i integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM own.f(); RETURN i; END $$;
             CREATE INDEX ON own.t (own.g(i));
             INSERT INTO own.t SELECT generate_series(1, 100)",
        )
        .unwrap();
    for command in
        ["REFRESH MATERIALIZED VIEW own.m", "ANALYZE own.t", "REINDEX TABLE own.t", "CLUSTER own.t USING t_g_idx"]
    {
        match Edition::current() {
            Edition::Extension => client.batch_execute(command).unwrap(),
            Edition::Sql => assert_eq!(Failure::of(client.batch_execute(command)).code, "42501", "{command}"),
        }
    }
    assert_eq!(strings(client, "SELECT name FROM users WHERE id = 'u2'"), ["B"]);
}

/// The isolation of a dropped role can be ended. DROP OWNED by a superuser leaves a role isolated.
#[test]
fn dropped_roles_can_be_forgotten() {
    let (mut database, role) = filled();
    let client = &mut database.client;
    client.batch_execute(&format!("DROP OWNED BY {role}")).unwrap();
    assert_eq!(strings(client, FAULTS), [""; 0]);
    assert_eq!(Failure::of(client.batch_execute(&format!("DROP ROLE {role}"))).code, "2BP01");
    client
        .batch_execute(&format!(
            "SELECT todo_revoke('{role}'); DROP ROLE {role}; SELECT todo_grant('pg_monitor', 'isolated')"
        ))
        .unwrap();
    client.batch_execute("INSERT INTO todo_internal.isolated_roles VALUES ('nobody of that name')").unwrap();
    assert_eq!(strings(client, "SELECT count(*)::text FROM todo_check() WHERE NOT ok"), ["1"]);
    client.batch_execute("SELECT todo_revoke('nobody of that name'); SELECT todo_revoke('pg_monitor')").unwrap();
    assert_eq!(strings(client, FAULTS), [""; 0]);
    assert_eq!(strings(client, "SELECT relname FROM pg_class WHERE relrowsecurity"), [""; 0]);
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_revoke('nobody of that name')")).code, "42704");
}

/// Commands that would end an isolation unnoticed are refused.
#[test]
fn what_would_end_an_isolation_is_refused() {
    let mut database = Database::new();
    let role = database.role("isolated");
    let client = &mut database.client;
    client.batch_execute(&format!("SELECT todo_grant('{role}', 'isolated')")).unwrap();
    for command in ["SELECT todo_release_tables()", "ALTER EXTENSION todo UPDATE TO '1.0.0'"] {
        assert_eq!(Failure::of(client.batch_execute(command)).code, "55000", "{command}");
    }
    client
        .batch_execute(&format!(
            "SELECT todo_revoke('{role}'); ALTER EXTENSION todo UPDATE TO '1.0.0'; DROP EXTENSION todo"
        ))
        .unwrap();
}

/// A restore isolates roles even if transactions are serializable by default.
#[test]
fn a_restore_with_serializable_transactions_shows_no_rows() {
    let (database, role) = filled();
    let dir = scratch(&database);
    let dump = dir.file("dump");
    succeeds("pg_dump", &["--format=custom", "--file", &dump, &database.name], "");
    let restored = Database::empty();
    let looks = watched(&restored, &role, || {
        let options = "-c default_transaction_isolation=serializable";
        succeeds("pg_restore", &["--dbname", &restored.name, &dump], options);
    });
    assert!(looks > 20, "{looks}");
    is_as_before(&mut restored.connect(), &role);
}

/// A subscriber that receives the list of isolated roles isolates them.
#[test]
fn a_subscriber_isolates_the_role() {
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    postgres.batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
    drop(postgres);
    server.restart(&[]);
    let mut postgres = server.connect("postgres");
    postgres.batch_execute("CREATE ROLE late LOGIN").unwrap();
    let [mut source, mut target] = ["source", "target"].map(|name| {
        postgres.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let mut client = server.connect(name);
        client.batch_execute(&Edition::current().install(name)).unwrap();
        client
    });
    source.batch_execute("CREATE PUBLICATION everything FOR ALL TABLES").unwrap();
    // Within one cluster, the slot has to be there before.
    source.batch_execute("SELECT pg_create_logical_replication_slot('moved', 'pgoutput')").unwrap();
    target
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA public TO late; GRANT SELECT ON tasks TO late; GRANT EXECUTE ON FUNCTION todo_current_user_id() TO late;
             CREATE SUBSCRIPTION moved CONNECTION 'host={} dbname=source user=postgres' PUBLICATION everything
                 WITH (create_slot = false, copy_data = false)",
            server.host()
        ))
        .unwrap();
    source
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x');
             SELECT todo_grant('late', 'isolated')",
        )
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while strings(&mut target, "SELECT role::text FROM todo_internal.isolated_roles").is_empty() {
        assert!(Instant::now() < deadline, "the row has not arrived");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(strings(&mut target, "SELECT user_id FROM tasks"), ["u1"]);
    let mut late = server.connect_as("target", "late");
    assert_eq!(strings(&mut late, "SELECT user_id FROM tasks"), [""; 0]);
    late.batch_execute("SET todo.user_id = 'u1'").unwrap();
    assert_eq!(strings(&mut late, "SELECT user_id FROM tasks"), ["u1"]);
    assert_eq!(strings(&mut target, "SELECT name FROM todo_check() WHERE NOT ok AND name LIKE 'isolation%'"), [""; 0]);
    target.batch_execute("ALTER SUBSCRIPTION moved DISABLE; ALTER SUBSCRIPTION moved SET (slot_name = NONE); DROP SUBSCRIPTION moved").unwrap();
}

/// If a role is in the list before it exists, its first right isolates it, in whatever way it is granted.
#[test]
fn the_first_right_isolates_a_late_role() {
    let (mut database, _) = filled();
    let late = format!("{}_late", database.name);
    for grant in [
        "GRANT SELECT ON tasks TO {late}",
        "CREATE SCHEMA own GRANT SELECT ON TABLE public.tasks TO {late}",
        "DO $$ BEGIN GRANT SELECT ON tasks TO {late}; END $$",
        "SET ROLE todo_owner; GRANT SELECT ON tasks TO {late}; RESET ROLE",
    ] {
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "INSERT INTO todo_internal.isolated_roles (role) VALUES ('{late}'); CREATE ROLE {late} LOGIN; {}",
                grant.replace("{late}", &late)
            ))
            .unwrap();
        let seen = database.connect_as(&late).query("SELECT FROM public.tasks", &[]);
        // Without the right to call the function of the policy.
        assert_eq!(Failure::of(seen).code, "42501", "{grant}");
        let client = &mut database.client;
        client.batch_execute(&format!("GRANT EXECUTE ON FUNCTION todo_current_user_id() TO {late}")).unwrap();
        assert_eq!(strings(&mut database.connect_as(&late), "SELECT id::text FROM public.tasks"), [""; 0], "{grant}");
        let client = &mut database.client;
        client.batch_execute(&format!("SELECT todo_revoke('{late}'); DROP OWNED BY {late}; DROP ROLE {late}")).unwrap();
    }
}

/// A role that is to be isolated, and has no policy yet, is free after a call that ends its isolation.
#[test]
fn the_isolation_of_a_late_role_ends() {
    for end in ["todo_revoke('~')", "todo_grant('~')", "todo_grant('~', 'tables')"] {
        let mut database = Database::with_users();
        let (late, other) = (format!("{}_late", database.name), database.role("other"));
        let end = end.replace('~', &late);
        database
            .client
            .batch_execute(&format!(
                "SELECT todo_grant('{other}', 'isolated'); INSERT INTO todo_internal.isolated_roles (role) VALUES ('{late}');
                 CREATE ROLE {late}; SELECT {end}"
            ))
            .unwrap();
        let bound = "SELECT r.rolname::text FROM pg_policy AS p JOIN pg_roles AS r ON r.oid = ANY (p.polroles) WHERE p.polname = 'todo_isolated'
             UNION SELECT role::text FROM todo_internal.isolated_roles";
        assert_eq!(strings(&mut database.client, bound), [other], "{end}");
        database.client.batch_execute(&format!("SELECT todo_revoke('{late}'); DROP ROLE {late}")).unwrap();
    }
}
