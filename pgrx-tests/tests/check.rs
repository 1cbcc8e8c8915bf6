//! `todo_check()` finds what is not as the extension made it, and its fixes repair that. `todo_release_tables()` keeps the tables.

use postgres::Client;
use todo_tests::{Database, Edition, Failure, Server, TO_ADOPT, catalog, major, rows, strings};

/// Names of the failed checks.
fn findings(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE")
}

#[test]
fn all_is_well_after_every_way_to_install() {
    let mut fresh = Database::new();
    assert_eq!(findings(&mut fresh.client), [""; 0]);
    for (kind, tables) in TO_ADOPT {
        let mut database = Database::empty();
        database.client.batch_execute(tables).unwrap();
        database.client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
        assert_eq!(findings(&mut database.client), [""; 0], "{kind}");
    }
}

/// There is a check for each part of the tables, and some that are about other things.
#[test]
fn every_part_is_checked() {
    let mut database = Database::new();
    let client = &mut database.client;
    let mut expected = strings(
        client,
        "WITH r AS (SELECT oid, relname FROM pg_class WHERE oid IN ('users'::regclass, 'tasks'::regclass))
         SELECT format(name, r.relname, a.attname) FROM r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0,
             unnest(ARRAY['column %s.%s', 'default of %s.%s']) AS name
         UNION ALL
         SELECT format('constraint %s of %s', k.conname, r.relname) FROM r JOIN pg_constraint AS k ON k.conrelid = r.oid
         WHERE k.contype <> 'n'
         UNION ALL
         SELECT format('index %s of %s', i.indexrelid::regclass, r.relname) FROM r JOIN pg_index AS i ON i.indrelid = r.oid
         WHERE NOT i.indisprimary
         UNION ALL
         SELECT format('trigger %s of %s', t.tgname, r.relname) FROM r JOIN pg_trigger AS t ON t.tgrelid = r.oid
         WHERE NOT t.tgisinternal",
    );
    for kind in ["column", "default", "constraint", "index", "trigger"] {
        assert!(expected.iter().any(|name| name.starts_with(kind)), "{kind}");
    }
    expected.extend(
        [
            "version",
            "encoding",
            "membership of users",
            "membership of tasks",
            "membership of tasks_id_seq",
            "dump of users",
            "dump of tasks",
            "dump of tasks_id_seq",
            "dump of isolated_roles",
            "isolation",
            "trigger todo_isolation of isolated_roles",
            "guard",
            "owner of users",
            "owner of tasks",
            "owner of todo_users",
            "owner of extension todo",
            "storage of users",
            "storage of tasks",
            "storage of tasks_id_seq",
            "sequence tasks_id_seq",
            "sequence tasks_id_seq ahead of tasks",
            "sequence tasks_id_seq below 75 %",
            "rights",
            "grants of dropped roles",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    let mut checks = strings(client, "SELECT name FROM todo_check() WHERE ok AND detail <> '' AND fix IS NULL");
    checks.sort();
    assert_eq!(checks, expected);
}

#[test]
fn each_fault_is_found_and_repaired_by_its_fix() {
    let mut cases = vec![
        ("ALTER TABLE users ALTER id DROP DEFAULT", "default of users.id"),
        ("ALTER TABLE tasks ALTER created_at SET DEFAULT now()", "default of tasks.created_at"),
        ("ALTER TABLE tasks ALTER id DROP DEFAULT", "default of tasks.id"),
        ("ALTER TABLE tasks ALTER description SET DEFAULT 'none'", "default of tasks.description"),
        ("ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey", "constraint tasks_user_id_fkey of tasks"),
        (
            "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey, ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID",
            "constraint tasks_user_id_fkey of tasks",
        ),
        ("DROP INDEX ix_users_email", "index ix_users_email of users"),
        ("DROP INDEX ix_users_email_folded", "index ix_users_email_folded of users"),
        ("DROP INDEX ix_tasks_user_completed", "index ix_tasks_user_completed of tasks"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_tasks_user_id'::regclass",
            "index ix_tasks_user_id of tasks",
        ),
        ("ALTER TABLE users DISABLE TRIGGER zz_todo_before_row", "trigger zz_todo_before_row of users"),
        ("DROP TRIGGER zz_todo_before_row ON tasks", "trigger zz_todo_before_row of tasks"),
        ("ALTER TABLE tasks DISABLE TRIGGER zz_todo_before_row", "trigger zz_todo_before_row of tasks"),
        // A dump with --disable-triggers enables the trigger in this way afterwards.
        ("ALTER TABLE tasks ENABLE TRIGGER zz_todo_before_row", "trigger zz_todo_before_row of tasks"),
        ("ALTER TABLE tasks DISABLE TRIGGER ALL", "constraint tasks_user_id_fkey of tasks"),
        ("ALTER TABLE tasks SET UNLOGGED", "storage of tasks"),
        ("ALTER TABLE users OWNER TO postgres", "owner of users"),
        ("ALTER VIEW todo_users OWNER TO pg_monitor", "owner of todo_users"),
        ("GRANT SELECT ON users TO pg_signal_backend", "rights of pg_signal_backend"),
        ("GRANT UPDATE (hashed_password) ON users TO PUBLIC", "rights of PUBLIC"),
        ("GRANT ALL ON todo_users TO pg_signal_backend", "rights of pg_signal_backend"),
        ("GRANT TRIGGER ON tasks TO pg_signal_backend", "rights of pg_signal_backend"),
        (
            "GRANT ALL ON FUNCTION todo_set_password_hash(text, text) TO pg_signal_backend",
            "rights of pg_signal_backend",
        ),
        ("ALTER SEQUENCE tasks_id_seq INCREMENT 10 CYCLE", "sequence tasks_id_seq"),
        ("SELECT setval('tasks_id_seq', 3, false)", "sequence tasks_id_seq ahead of tasks"),
        ("SELECT setval('tasks_id_seq', 1)", "sequence tasks_id_seq ahead of tasks"),
    ];
    match Edition::current() {
        Edition::Extension => cases.extend([
            ("ALTER TABLE users ADD image text", "column users.image"),
            ("ALTER EVENT TRIGGER todo_guard DISABLE", "guard"),
            ("ALTER EVENT TRIGGER todo_guard ENABLE", "guard"),
            ("ALTER EVENT TRIGGER todo_guard_end DISABLE", "guard"),
            ("ALTER EVENT TRIGGER todo_guard_end ENABLE REPLICA", "guard"),
            ("ALTER SEQUENCE tasks_id_seq RENAME TO ids", "membership of tasks_id_seq"),
            ("CREATE SCHEMA aside; ALTER TABLE tasks SET SCHEMA aside", "membership of tasks"),
            (
                "ALTER TABLE tasks OWNER TO pg_monitor; GRANT USAGE ON SCHEMA public TO pg_monitor; REVOKE ALL ON tasks FROM pg_monitor",
                "owner of tasks",
            ),
            ("ALTER EXTENSION todo DROP SEQUENCE tasks_id_seq", "membership of tasks_id_seq"),
            (
                "UPDATE pg_extension SET extconfig = extconfig[1:2], extcondition = extcondition[1:2] WHERE extname = 'todo'",
                "dump of tasks_id_seq",
            ),
        ]),
        // In the extension, tables may have an owner of their own.
        Edition::Sql => cases.push((
            "ALTER TABLE tasks OWNER TO pg_monitor; GRANT USAGE ON SCHEMA public TO pg_monitor",
            "owner of tasks",
        )),
    }
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "SELECT todo_create_task('u1', 'x') FROM generate_series(1, 3); GRANT SELECT ON tasks TO pg_monitor",
        )
        .unwrap();
    for (fault, name) in cases {
        client.batch_execute(&format!("SET todo.guard = off; {fault}; RESET todo.guard")).unwrap();
        let found = client.query("SELECT name, fix FROM todo_check() WHERE NOT ok", &[]).unwrap();
        assert!(found.iter().any(|row| row.get::<_, &str>(0) == name), "{fault}: {found:?}");
        // For a table that is no longer a member, the first fix makes it one, and the second one includes it in dumps.
        for _ in 0..2 {
            for fix in strings(client, "SELECT fix FROM todo_check() WHERE NOT ok") {
                run_fix(client, &fix);
            }
        }
        assert_eq!(findings(client), [""; 0], "{fault}");
    }
    // The grants of a table that became a member again are not initial privileges, which dumps would leave out.
    let initial: Vec<_> = catalog(client)
        .into_iter()
        .filter(|line| line.starts_with("relation") && line.contains("initially grants"))
        .collect();
    assert_eq!(initial, [""; 0]);
}

/// Runs the SQL in a fix, which may begin or end with words.
fn run_fix(client: &mut Client, fix: &str) {
    if fix == "fix what else is reported first" {
        return;
    }
    let fix = fix.strip_prefix("move it to a table of your own; ").unwrap_or(fix);
    let (sql, back) = match fix.split_once(", and back; then todo_grant") {
        Some((down, _)) => (down, "; ALTER EXTENSION todo UPDATE"),
        None => (fix, ""),
    };
    client.batch_execute(&format!("{sql}{back}; RESET todo.guard")).unwrap_or_else(|e| panic!("{fix}: {e}"));
}

/// Settings by which a session reads literals and prints names change neither what scripts create nor what is found.
#[test]
fn a_sessions_settings_change_nothing() {
    let mut fresh = Database::new();
    let expected = catalog(&mut fresh.client);
    for path in [
        "CREATE EXTENSION todo",
        "CREATE EXTENSION todo VERSION '0.2.0'; ALTER EXTENSION todo UPDATE",
        "CREATE EXTENSION todo; SELECT todo_release_tables(); DROP EXTENSION todo;
         CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE",
    ] {
        let mut database = Database::empty();
        let client = &mut database.client;
        client
            .batch_execute(
                "SET quote_all_identifiers = on; SET standard_conforming_strings = off; SET escape_string_warning = off;
                 SET bytea_output = 'escape'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'",
            )
            .unwrap();
        client.batch_execute(&format!("{path}; CREATE EXTENSION todo_auth")).unwrap();
        assert_eq!(findings(client), [""; 0], "{path}");
        client.batch_execute("DROP EXTENSION todo_auth; RESET ALL").unwrap();
        // The schema's name is text in the functions' bodies.
        let made: Vec<String> = catalog(client).iter().map(|line| line.replace("\"public\".", "public.")).collect();
        assert!(made == expected, "{path}");
    }
}

/// If any object is renamed or moved without the guard, the check still answers without an error.
#[test]
fn it_answers_in_every_state() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute(&Edition::current().install_auth(&database.name)).unwrap();
    client.batch_execute("CREATE SCHEMA aside; SET todo.guard = off").unwrap();
    let members = strings(
        client,
        &Edition::current().catalogs("SELECT CASE i.type WHEN 'view' THEN 'VIEW ' WHEN 'table' THEN 'TABLE ' WHEN 'sequence' THEN 'SEQUENCE '
             WHEN 'schema' THEN 'SCHEMA ' WHEN 'function' THEN 'FUNCTION ' WHEN 'event trigger' THEN 'EVENT TRIGGER ' END || i.identity
         FROM pg_depend AS d, pg_identify_object(d.classid, d.objid, 0) AS i
         WHERE d.deptype = 'e' AND d.refobjid IN (SELECT e.oid FROM pg_extension AS e WHERE e.extname LIKE 'todo%')
           AND i.type NOT IN ('type', 'composite type', 'index') AND i.identity NOT LIKE '%todo_check(%'"),
    );
    assert!(members.len() > 50, "{members:?}");
    // The SQL edition calls everything by the name of this schema, as its page says. Only functions that the check can call are tried,
    // because each DDL command makes it plan all its queries again.
    let is_tried = |member: &&String| {
        let is_function = member.starts_with("FUNCTION") && !member.starts_with("FUNCTION todo_internal.");
        Edition::current() == Edition::Extension || *member != "SCHEMA todo_internal" && !is_function
    };
    let mut answered = 0;
    let also = ["SCHEMA public", "SCHEMA todo_auth"].map(str::to_owned);
    for member in members.iter().chain(&also).filter(is_tried) {
        // The SQL edition calls functions by name. For its callers, a function that was moved is like one that was renamed.
        let changes = if Edition::current() == Edition::Sql && member.starts_with("FUNCTION") { 1 } else { 2 };
        for change in ["RENAME TO renamed", "SET SCHEMA aside"].into_iter().take(changes) {
            client.batch_execute("BEGIN").unwrap();
            // Not everything can be moved.
            if client.batch_execute(&format!("ALTER {member} {change}")).is_ok() {
                let check = "SELECT p.oid::regproc::text FROM pg_proc AS p WHERE p.proname = 'todo_check'";
                let check = strings(client, check).remove(0);
                let answers = strings(client, &format!("SELECT name FROM {check}()"));
                assert!(answers.len() > 20, "{member} {change}: {answers:?}");
                answered += 1;
            }
            client.batch_execute("ROLLBACK").unwrap();
        }
    }
    let enough = if Edition::current() == Edition::Sql { 60 } else { 200 };
    assert!(answered > enough, "{answered}");
}

/// Updates go to newer versions alone. Where the server has the files of an older one, newer files help.
#[test]
fn a_version_is_updated_or_its_files_are_installed() {
    let mut database = Database::new();
    let client = &mut database.client;
    for (version, fix) in
        [("1.0.0", "ALTER EXTENSION todo UPDATE"), ("99.0.0", "install the extension's files of version 99.0.0")]
    {
        client
            .batch_execute(&format!(
                "SET allow_system_table_mods = on; UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'todo'"
            ))
            .unwrap();
        let found = "SELECT name || ': ' || fix FROM todo_check() WHERE ok IS NOT TRUE";
        assert_eq!(strings(client, found), [format!("version: {fix}")]);
    }
}

/// If a role is dropped that is in the initial privileges of a member, dumps name it by its OID, and cannot be restored.
#[test]
fn grants_of_dropped_roles_are_found_and_forgotten() {
    let mut database = Database::new();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    let noted = format!(
        "CREATE ROLE {role}; ALTER EXTENSION todo DROP VIEW todo_users; GRANT SELECT ON todo_users TO {role};
         ALTER EXTENSION todo ADD VIEW todo_users; REVOKE ALL ON todo_users FROM {role}"
    );
    let initial = "SELECT a.grantee::regrole::text FROM pg_init_privs AS p, aclexplode(p.initprivs) AS a
         WHERE p.objoid = 'todo_users'::regclass AND a.grantee <> 'todo_owner'::regrole";
    // As long as the role exists, todo_revoke() takes it out.
    client.batch_execute(&noted).unwrap();
    assert_eq!(strings(client, initial), std::slice::from_ref(&role));
    client.batch_execute(&format!("SELECT todo_revoke('{role}'); DROP ROLE {role}")).unwrap();
    assert_eq!(strings(client, initial), [""; 0]);

    client.batch_execute(&noted).unwrap();
    let dropped = client.batch_execute(&format!("DROP ROLE {role}"));
    if major(client) < 17 {
        dropped.unwrap();
        assert_eq!(findings(client), ["grants of dropped roles"]);
        let fix = strings(client, "SELECT fix FROM todo_check() WHERE NOT ok").remove(0);
        client.batch_execute(&fix).unwrap();
    } else {
        // From 17 on, PostgreSQL does not drop such a role.
        assert_eq!(Failure::of(dropped).code, "2BP01");
        client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
    }
    assert_eq!(findings(client), [""; 0]);
    assert_eq!(strings(client, initial), [""; 0]);
}

#[test]
fn what_has_no_statement_for_a_fix_is_found() {
    let mut cases = vec![
        ("ALTER TABLE users DROP CONSTRAINT users_email_check", "constraint users_email_check of users"),
        ("ALTER TABLE users ALTER is_active DROP NOT NULL", "column users.is_active"),
        ("ALTER TABLE tasks ALTER title TYPE text", "column tasks.title"),
        ("ALTER TABLE tasks DROP description", "column tasks.description"),
        (
            "DROP INDEX ix_tasks_user_id; CREATE INDEX ix_tasks_user_id ON tasks (user_id DESC)",
            "index ix_tasks_user_id of tasks",
        ),
        (
            "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey, ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users",
            "constraint tasks_user_id_fkey of tasks",
        ),
        ("CREATE TABLE kid () INHERITS (users)", "storage of users"),
        ("SELECT setval('tasks_id_seq', 1700000000)", "sequence tasks_id_seq below 75 %"),
        ("ALTER SEQUENCE tasks_id_seq RESTART 1700000000", "sequence tasks_id_seq below 75 %"),
        (
            "ALTER TABLE users DROP CONSTRAINT users_hashed_password_check, ADD CONSTRAINT users_hashed_password_check CHECK (true)",
            "constraint users_hashed_password_check of users",
        ),
        (
            "CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "trigger zz_todo_before_row of users",
        ),
    ];
    if Edition::current() == Edition::Sql {
        cases.extend([
            ("ALTER SEQUENCE tasks_id_seq RENAME TO ids", "relation tasks_id_seq"),
            ("CREATE SCHEMA aside; ALTER TABLE tasks SET SCHEMA aside", "relation tasks"),
            ("ALTER VIEW todo_users RENAME TO members", "relation todo_users"),
            ("ALTER FUNCTION todo_list_tasks RENAME TO list_tasks", "functions"),
            ("CREATE SCHEMA aside; ALTER FUNCTION todo_delete_user SET SCHEMA aside", "functions"),
            ("DROP FUNCTION todo_set_active", "functions"),
            ("ALTER FUNCTION todo_internal.active_user RENAME TO inactive_user", "functions"),
        ]);
    }
    for (fault, name) in cases {
        let mut database = Database::new();
        let client = &mut database.client;
        client.batch_execute(&format!("SET todo.guard = off; {fault}; RESET todo.guard")).unwrap();
        assert!(findings(client).contains(&name.to_owned()), "{fault}: {:?}", findings(client));
    }
    // It is no fault if the sequence gives ids below those of other tasks, as long as they are free.
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("INSERT INTO tasks (id, user_id, title) VALUES (2147483647, 'u1', 'x'); SELECT setval('tasks_id_seq', 100, false)").unwrap();
    assert_eq!(findings(client), [""; 0]);
    if Edition::current() == Edition::Extension {
        client.batch_execute("SET todo.guard = off").unwrap();
        assert_eq!(findings(client), ["guard"]);
    }
}

#[test]
fn the_applications_role_and_a_standby_can_check() {
    let mut database = Database::new();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    client.batch_execute(&format!("CREATE ROLE {role}; SELECT todo_grant('{role}'); SET ROLE {role}")).unwrap();
    assert_eq!(findings(client), [""; 0]);
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_release_tables()")).code, "42501");
    client
        .batch_execute(&format!(
            "RESET ROLE; GRANT EXECUTE ON FUNCTION todo_release_tables() TO {role}; SET ROLE {role}"
        ))
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute("SELECT todo_release_tables()")).code, "42501");
    client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}")).unwrap();
    let standby = Server::standby();
    assert_eq!(findings(&mut standby.connect_to_copy(&mut database)), [""; 0]);
}

#[test]
fn releasing_the_tables_keeps_every_row() {
    let mut database = Database::with_users();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SELECT todo_create_task('u1', 'x'), todo_create_task('u2', 'y');
             CREATE ROLE {role}; SELECT todo_grant('{role}', 'tables')"
        ))
        .unwrap();
    let before = rows(client);
    client.batch_execute("SELECT todo_release_tables()").unwrap();
    assert_eq!(
        findings(client)[..3],
        ["membership of tasks", "membership of tasks_id_seq", "membership of users"],
        "the check says what has happened"
    );
    client.batch_execute("DROP EXTENSION todo").unwrap();
    assert_eq!(rows(client), before);
    assert_eq!(catalog(client), [""; 0]);
    // The tables are ordinary ones now. CHECK constraints still hold, the application's role still works, and columns can be added.
    client
        .batch_execute(&format!("SET ROLE {role}; INSERT INTO tasks (user_id, title) VALUES ('u1', 'z'); RESET ROLE"))
        .unwrap();
    for (statement, constraint) in [
        ("INSERT INTO users (email, name) VALUES ('x', 'X')", "users_email_check"),
        ("INSERT INTO users (email, name) VALUES ('A@B.CD', 'X')", "ix_users_email_folded"),
        ("UPDATE users SET hashed_password = 'secret'", "users_hashed_password_check"),
    ] {
        assert_eq!(Failure::of(client.batch_execute(statement)).constraint.as_deref(), Some(constraint));
    }
    client
        .batch_execute(
            "ALTER TABLE users ADD image text; ALTER TABLE users DROP image; DELETE FROM users WHERE id = 'u1'",
        )
        .unwrap();
    assert_eq!(strings(client, "SELECT title FROM tasks"), ["y"]);
    // And back.
    client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(findings(client), [""; 0]);
}

/// The role that created the extensions owns some of their objects. If it is no longer a superuser, it could still replace or drop them.
#[test]
fn a_creator_who_is_no_longer_superuser_is_found() {
    let mut database = Database::empty();
    let role = database.role("creator");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "ALTER ROLE {role} SUPERUSER; SET ROLE {role}; CREATE EXTENSION todo; CREATE EXTENSION todo_auth; RESET ROLE"
        ))
        .unwrap();
    assert_eq!(findings(client), [""; 0]);
    client.batch_execute(&format!("ALTER ROLE {role} NOSUPERUSER")).unwrap();
    let found = findings(client);
    for name in ["owner of extension todo", "owner of extension todo_auth"] {
        assert!(found.iter().any(|finding| finding == name), "{found:?}");
    }
    client.batch_execute(&format!("REASSIGN OWNED BY {role} TO postgres")).unwrap();
    assert_eq!(findings(client), [""; 0]);
}

#[test]
fn a_missing_table_of_todo_auth_is_found() {
    let mut database = Database::new();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    client.batch_execute("ALTER EXTENSION todo_auth DROP TABLE todo_auth.verification").unwrap();
    assert_eq!(findings(client), ["membership of verification"]);
    client.batch_execute("DROP TABLE todo_auth.verification").unwrap();
    assert_eq!(findings(client), ["membership of verification"]);
}
