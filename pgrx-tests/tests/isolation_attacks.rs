//! An isolated role tries to see and change more than the rows of the current user.

use todo_tests::isolated::{OWNED, isolated, set_user};
use todo_tests::{Failure, strings};

const NONE: [&str; 0] = [""; 0];

/// The role has no way out. What it may set is the current user: it stands for one.
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
    // Nor an error.
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

/// DROP OWNED takes a role out of policies, but leaves it the rights that others granted.
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

/// A role that can act as one that row-level security does not bind is none to isolate, and todo_check() finds it.
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

/// A session that has chosen the role knows its old name only.
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

/// Rights that row-level security does not limit are taken from an isolated role, and its locks hinder no one.
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
