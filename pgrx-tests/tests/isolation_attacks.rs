//! An isolated role tries to see and change more than the rows of the current user, and fails.

use std::thread;
use todo_tests::isolated::{OWNED, isolated, set_user};
use todo_tests::waiting::until_it_waits;
use todo_tests::{Failure, strings};

const NONE: [&str; 0] = [""; 0];

/// No statement of the role ends its isolation. It may only set the current user.
#[test]
fn there_is_no_way_out() {
    let (mut database, role) = isolated();
    let api = database.role("api");
    database.client.batch_execute(&format!("SELECT todo_grant('{api}')")).unwrap();
    let client = &mut database.connect_as(&role);
    set_user(client, "u1");
    for (attempt, code) in [
        ("SET row_security = off; SELECT * FROM tasks", "42501"),
        (&format!("SET ROLE {api}"), "42501"),
        ("SET ROLE postgres", "42501"),
        (&format!("SET SESSION AUTHORIZATION {api}"), "42501"),
        (&format!("ALTER ROLE {role} BYPASSRLS"), "42501"),
        ("ALTER TABLE tasks DISABLE ROW LEVEL SECURITY", "42501"),
        ("DROP POLICY todo_isolated ON tasks", "42501"),
        (&format!("ALTER POLICY todo_isolated ON tasks TO {api}"), "42501"),
        ("CREATE POLICY mine ON tasks USING (true)", "42501"),
        ("ALTER VIEW todo_users RESET (security_invoker)", "42501"),
        ("DELETE FROM todo_internal.isolated_roles", "42501"),
        ("SELECT todo_internal.keep_isolation(ARRAY[current_user])", "42501"),
        ("SELECT todo_internal.visible('u2')", "42501"),
        (&format!("SELECT todo_grant('{role}', 'api')"), "42501"),
        (&format!("SELECT todo_revoke('{role}')"), "42501"),
    ] {
        assert_eq!(Failure::of(client.batch_execute(attempt)).code, code, "{attempt}");
        client.batch_execute("ROLLBACK; RESET row_security").unwrap();
    }
    // What a condition calls sees no row that it must not see, however cheap it claims to be.
    client
        .batch_execute(
            "CREATE TEMP TABLE seen (what text);
             CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
                 $$ BEGIN INSERT INTO seen VALUES ($1); RETURN true; END $$;
             CREATE FUNCTION pg_temp.differs(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
                 $$ BEGIN INSERT INTO seen VALUES ($1); RETURN true; END $$;
             CREATE OPERATOR pg_temp.<<<>>> (FUNCTION = pg_temp.differs, LEFTARG = text, RIGHTARG = text);
             CREATE TEMP TABLE tasks_of_mine AS SELECT 1;
             CREATE FUNCTION pg_temp.todo_current_user_id() RETURNS text LANGUAGE sql AS $$ SELECT 'u2' $$;
             SET search_path = pg_temp, public",
        )
        .unwrap();
    for (relation, column) in OWNED {
        for condition in
            [format!("pg_temp.leak({column}::text)"), format!("{column}::text OPERATOR(pg_temp.<<<>>>) ''")]
        {
            strings(client, &format!("SELECT {column}::text FROM {relation} WHERE {condition}"));
        }
        strings(
            client,
            &format!(
                "SELECT a.{column}::text FROM {relation} AS a JOIN {relation} AS b ON pg_temp.leak(a.{column} || b.{column})"
            ),
        );
    }
    assert_eq!(strings(client, "SELECT DISTINCT replace(what, 'u1', '') FROM seen"), [""]);
    // An error does not show such rows either.
    for statement in [
        "SELECT 1 / (CASE WHEN user_id = 'u2' THEN 0 ELSE 1 END) FROM tasks",
        "SELECT (CASE WHEN id = 'u2' THEN name END)::int FROM todo_users",
    ] {
        client.query(statement, &[]).unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    database.client.batch_execute("ANALYZE").unwrap();
    let statistics =
        "SELECT s::text FROM pg_stats AS s WHERE tablename IN ('tasks', 'users') AND most_common_vals IS NOT NULL";
    assert_eq!(strings(client, statistics), NONE);
    // Cursors, COPY, savepoints, functions of the role and views of others.
    client
        .batch_execute("RESET search_path; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT user_id FROM tasks; COMMIT")
        .unwrap();
    assert_eq!(strings(client, "FETCH ALL FROM c"), ["u1"; 5]);
    let mut transaction = client.transaction().unwrap();
    transaction.batch_execute("SET LOCAL todo.user_id = 'u1'").unwrap();
    let mut savepoint = transaction.savepoint("changed").unwrap();
    savepoint.batch_execute("SET LOCAL todo.user_id = 'u2'").unwrap();
    assert_eq!(
        savepoint.query_one("SELECT count(*) FROM tasks WHERE user_id = 'u2'", &[]).unwrap().get::<_, i64>(0),
        5
    );
    savepoint.rollback().unwrap();
    assert_eq!(
        transaction.query_one("SELECT count(*) FROM tasks WHERE user_id = 'u2'", &[]).unwrap().get::<_, i64>(0),
        0
    );
    transaction.commit().unwrap();
    let mut copied = String::new();
    std::io::Read::read_to_string(&mut client.copy_out("COPY tasks (user_id) TO STDOUT").unwrap(), &mut copied)
        .unwrap();
    assert_eq!(copied, "u1\n".repeat(5));
}

/// DROP OWNED would take the role out of policies, but leave it rights that others have granted. It fails.
#[test]
fn drop_owned_ends_no_isolation() {
    let (mut database, role) = isolated();
    let tasks = "SELECT DISTINCT user_id FROM tasks";
    for command in
        ["DROP OWNED BY CURRENT_USER", "DROP OWNED BY SESSION_USER CASCADE", &format!("DROP OWNED BY {role}")]
    {
        let client = &mut database.connect_as(&role);
        set_user(client, "u1");
        assert_eq!(Failure::of(client.batch_execute(command)).code, "42501", "{command}");
        assert_eq!(strings(client, tasks), ["u1"]);
    }
    // With rights by a group, and without todo_auth.
    let (group, member) = (database.role("group"), database.role("member"));
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_grant('{member}', 'isolated'); SELECT todo_grant('{group}'); GRANT {group} TO {member}"
        ))
        .unwrap();
    let client = &mut database.connect_as(&member);
    set_user(client, "u1");
    assert_eq!(Failure::of(client.batch_execute("DROP OWNED BY CURRENT_USER")).code, "42501");
    assert_eq!(strings(client, tasks), ["u1"]);
}

/// A role that can act as one that row-level security does not bind is not isolated, and todo_check() finds it.
#[test]
fn a_role_that_can_be_another_is_not_isolated() {
    let (mut database, role) = isolated();
    let (group, member, maker) = (database.role("group"), database.role("member"), database.role("maker"));
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "SELECT todo_grant('{group}'); GRANT {group} TO {member}; ALTER ROLE {maker} CREATEROLE"
        ))
        .unwrap();
    for role in [&member, &maker] {
        let failure = Failure::of(client.batch_execute(&format!("SELECT todo_grant('{role}', 'isolated')")));
        assert_eq!(failure.code, "0LP01", "{role}");
        assert!(failure.detail.is_some());
    }
    let found = "SELECT name || ': ' || detail FROM todo_check() WHERE name LIKE 'isolation%' AND NOT ok";
    assert_eq!(strings(client, found), NONE);
    client.batch_execute(&format!("GRANT {group} TO {role}")).unwrap();
    assert_eq!(strings(client, found), [format!("isolation of {role}: can act as {group}, who is not isolated")]);
    client.batch_execute(&format!("REVOKE {group} FROM {role}; ALTER ROLE {role} CREATEROLE")).unwrap();
    assert_eq!(strings(client, found), [format!("isolation of {role}: has the attribute CREATEROLE")]);
}

/// A role is still isolated after it was renamed, even in a session that has chosen it by its old name.
#[test]
fn a_renamed_role_is_still_isolated() {
    let (mut database, role) = isolated();
    let client = &mut database.connect();
    client.batch_execute(&format!("SET ROLE {role}; SET todo.user_id = 'u1'")).unwrap();
    database.client.batch_execute(&format!("ALTER ROLE {role} RENAME TO {role}_new")).unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_update_user('u2', name => 'Not mine')"), NONE);
    assert_eq!(strings(client, "SELECT name FROM todo_update_user('u1', name => 'Mine')"), ["Mine"]);
    assert_eq!(strings(client, "SELECT DISTINCT user_id FROM tasks"), ["u1"]);
}

/// Rights that row-level security does not limit are revoked from an isolated role, and its locks do not make others wait.
#[test]
fn what_policies_do_not_limit() {
    let (mut database, role) = isolated();
    database
        .client
        .batch_execute(&format!(
            "GRANT ALL ON users, tasks TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA todo_auth TO {role}; SELECT todo_grant('{role}', 'isolated')"
        ))
        .unwrap();
    let client = &mut database.connect_as(&role);
    for table in [
        "users",
        "tasks",
        "todo_auth.session",
        "todo_auth.user_data",
        "todo_auth.linked_account",
        "todo_auth.verification",
    ] {
        let rights = format!(
            "SELECT has_table_privilege('{table}', 'TRUNCATE') OR has_table_privilege('{table}', 'TRIGGER')
            OR has_table_privilege('{table}', 'REFERENCES')"
        );
        assert_eq!(strings(client, &format!("SELECT ({rights})::text")), ["false"], "{table}");
    }
    set_user(client, "u1");
    client.batch_execute("BEGIN; SELECT todo_delete_user('u2')").unwrap();
    database.client.batch_execute("SET statement_timeout = '5s'; SELECT todo_complete_all('u2')").unwrap();
    client.batch_execute("ROLLBACK").unwrap();
}

/// A role that was renamed is still isolated after each repair that todo_check() names, whichever comes first.
#[test]
fn a_renamed_role_sees_no_more_when_its_old_name_is_forgotten() {
    for forget in [
        "SELECT todo_revoke('{role}')",
        "DELETE FROM todo_internal.isolated_roles; SELECT todo_internal.keep_isolation()",
    ] {
        let (mut database, role) = isolated();
        let renamed = format!("{role}_renamed");
        database
            .client
            .batch_execute(&format!("ALTER ROLE {role} RENAME TO {renamed}; {}", forget.replace("{role}", &role)))
            .unwrap();
        let mut session = database.connect_as(&renamed);
        set_user(&mut session, "u1");
        for (table, column) in OWNED {
            let query = format!("SELECT DISTINCT {column}::text FROM {table}");
            assert_eq!(strings(&mut session, &query), ["u1"], "{table}, {forget}");
        }
        assert_eq!(strings(&mut session, "SELECT id FROM todo_get_user('u2')"), [""; 0]);
        database.client.batch_execute(&format!("SELECT todo_grant('{renamed}', 'isolated')")).unwrap();
        let faults = "SELECT name || ': ' || detail FROM todo_check() WHERE ok IS NOT TRUE AND name LIKE 'isolation%'";
        assert_eq!(strings(&mut database.client, faults), [""; 0]);
    }
}

/// A transaction with an old snapshot would undo what others have isolated since. So it can isolate no role.
#[test]
fn stale_transactions_isolate_nobody() {
    let (mut database, role) = isolated();
    let [second, third] = ["second", "third"].map(|name| database.role(name));
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let mut stale = database.connect();
        stale.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM pg_class")).unwrap();
        database.client.batch_execute(&format!("SELECT todo_grant('{second}', 'isolated')")).unwrap();
        for call in [format!("SELECT todo_grant('{third}', 'isolated')"), format!("SELECT todo_revoke('{role}')")] {
            let failure = Failure::of(stale.batch_execute(&format!("SAVEPOINT s; {call}")));
            assert_eq!(failure.code, "25001", "{call}");
            stale.batch_execute("ROLLBACK TO s").unwrap();
        }
        stale.batch_execute("COMMIT").unwrap();
        assert_eq!(strings(&mut database.connect_as(&second), "SELECT user_id FROM tasks"), [""; 0], "{level}");
        database.client.batch_execute(&format!("SELECT todo_revoke('{second}')")).unwrap();
    }
}

/// A role that was in the list before it existed, and got its rights by hand.
#[test]
fn drop_owned_ends_no_isolation_of_a_late_role() {
    let (mut database, _) = isolated();
    let late = format!("{}_late", database.name);
    database
        .client
        .batch_execute(&format!(
            "INSERT INTO todo_internal.isolated_roles (role) VALUES ('{late}');
             CREATE ROLE {late} LOGIN; GRANT USAGE ON SCHEMA public TO {late}; GRANT SELECT ON tasks TO {late};
             GRANT EXECUTE ON FUNCTION todo_current_user_id() TO {late}; SELECT todo_internal.keep_isolation()"
        ))
        .unwrap();
    let mut session = database.connect_as(&late);
    set_user(&mut session, "u1");
    let users = "SELECT DISTINCT user_id FROM tasks";
    assert_eq!(strings(&mut session, users), ["u1"]);
    let _ = session.batch_execute("DROP OWNED BY CURRENT_USER");
    let seen = session.query(users, &[]).map(|rows| rows.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    assert!(seen.as_ref().map_or(true, |users| users == &["u1"]), "{seen:?}");
}

/// Policies that an application makes while a role is isolated are in force, and stay so.
#[test]
fn policies_outlive_the_isolation() {
    let (mut database, role) = isolated();
    let other = database.role("other");
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_grant('{other}'); CREATE POLICY own ON tasks AS RESTRICTIVE TO {other} USING (user_id = 'u1')"
        ))
        .unwrap();
    let users = "SELECT DISTINCT user_id FROM tasks ORDER BY 1";
    let mut session = database.connect_as(&other);
    assert_eq!(strings(&mut session, users), ["u1"]);
    database.client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(strings(&mut session, users), ["u1"]);
    let faults = "SELECT name || ': ' || detail FROM todo_check() WHERE ok IS NOT TRUE AND name LIKE 'isolation%'";
    assert_eq!(strings(&mut database.client, faults), [""; 0]);
    // A role can be isolated again. Ending that turns row-level security off, as the application has no policies now.
    database
        .client
        .batch_execute(&format!("SELECT todo_grant('{role}', 'isolated'); DROP POLICY own ON tasks"))
        .unwrap();
    database.client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(
        strings(&mut database.client, "SELECT relrowsecurity::text FROM pg_class WHERE relname = 'tasks'"),
        ["false"]
    );
}

/// Each of these roles could write, or call functions, as another one.
#[test]
fn a_role_that_can_write_as_another_is_not_isolated() {
    let (mut database, _) = isolated();
    let [role, group] = ["writer", "group"].map(|name| database.role(name));
    let client = &mut database.client;
    client.batch_execute(&format!("GRANT USAGE ON SCHEMA public TO {group}")).unwrap();
    for (give, take) in [
        (format!("GRANT pg_write_all_data TO {role}"), format!("REVOKE pg_write_all_data FROM {role}")),
        (format!("GRANT pg_read_server_files TO {role}"), format!("REVOKE pg_read_server_files FROM {role}")),
        (format!("ALTER ROLE {role} REPLICATION"), format!("ALTER ROLE {role} NOREPLICATION")),
        (
            format!("GRANT DELETE ON tasks TO {group}; GRANT {group} TO {role}"),
            format!("REVOKE ALL ON tasks FROM {group}; REVOKE {group} FROM {role}"),
        ),
        (
            format!("GRANT TRUNCATE ON tasks TO {group}; GRANT {group} TO {role}"),
            format!("REVOKE ALL ON tasks FROM {group}; REVOKE {group} FROM {role}"),
        ),
        (
            format!("GRANT EXECUTE ON FUNCTION todo_update_user(text, text, text) TO {group}; GRANT {group} TO {role}"),
            format!(
                "REVOKE ALL ON FUNCTION todo_update_user(text, text, text) FROM {group}; REVOKE {group} FROM {role}"
            ),
        ),
    ] {
        client.batch_execute(&give).unwrap();
        let isolate = format!("SELECT todo_grant('{role}', 'isolated')");
        assert_eq!(Failure::of(client.batch_execute(&isolate)).code, "0LP01", "{give}");
        client.batch_execute(&format!("{take}; {isolate}; {give}")).unwrap();
        let found = strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE");
        assert!(found.contains(&format!("isolation of {role}")), "{give}: {found:?}");
        client.batch_execute(&format!("{take}; SELECT todo_revoke('{role}')")).unwrap();
    }
}

/// A function of the application that calls one of ours, within another one of ours.
#[test]
fn triggers_of_functions_on_users_still_call_them() {
    let (mut database, _) = isolated();
    let api = database.role("api");
    let owner = todo_tests::Edition::current().owner(&database.name);
    database
        .client
        .batch_execute(&format!(
            "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS
                 $$ BEGIN IF new.name = 'Closed' AND new.is_active THEN PERFORM todo_set_active(new.id, false); END IF; RETURN NULL; END $$;
             ALTER FUNCTION closed() OWNER TO {owner};
             CREATE TRIGGER nested AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION closed();
             GRANT USAGE ON SCHEMA public TO {owner}; SELECT todo_grant('{api}')"
        ))
        .unwrap();
    let mut session = database.connect_as(&api);
    session.batch_execute("SELECT todo_update_user('u1', name => 'Closed')").unwrap();
    assert_eq!(strings(&mut session, "SELECT is_active::text FROM todo_users WHERE id = 'u1'"), ["false"]);
}

/// ANALYZE waits for the row of its table in pg_class if a GRANT or REVOKE has written it. So the end of an isolation locks the tables before.
#[test]
fn an_isolation_ends_amid_an_analyze() {
    let (mut database, role) = isolated();
    for table in ["tasks", "users"] {
        for end in ["todo_revoke('~')", "todo_grant('~')", "todo_grant('~', 'tables')"] {
            let sql = |text: &str| text.replace('~', &role);
            database.client.batch_execute(&sql("SELECT todo_grant('~', 'isolated')")).unwrap();
            let (mut analyze, mut ending) = (database.connect(), database.connect());
            // The lock that ANALYZE has from its beginning.
            analyze.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")).unwrap();
            let pid = ending.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
            thread::scope(|scope| {
                let ended = scope.spawn(move || ending.batch_execute(&sql(&format!("SELECT {end}"))));
                until_it_waits(&mut database.client, pid);
                analyze
                    .batch_execute(&format!("ANALYZE {table}; COMMIT"))
                    .unwrap_or_else(|e| panic!("{table}, {end}: {e:?}"));
                ended.join().unwrap().unwrap_or_else(|e| panic!("{table}, {end}: {e:?}"));
            });
        }
    }
}
