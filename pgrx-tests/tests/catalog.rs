//! What the extension puts into the catalogs, and who may touch it.

use postgres::Client;
use todo_tests::{Database, Failure, task, tasks};

fn column(client: &mut Client, query: &str) -> Vec<String> {
    client.query(query, &[]).unwrap_or_else(|e| panic!("{query}: {e}")).iter().map(|row| row.get(0)).collect()
}

#[test]
fn columns_are_the_specifications() {
    let mut database = Database::new();
    // PostgreSQL 13 writes AT TIME ZONE as the function that it is.
    let columns = column(
        &mut database.client,
        "SELECT concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END,
             replace(pg_get_expr(adbin, adrelid), 'timezone(''UTC''::text, now())', '(now() AT TIME ZONE ''UTC''::text)'))
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
         WHERE attrelid IN ('users'::regclass, 'tasks'::regclass) AND attnum > 0
         ORDER BY relname DESC, attnum",
    );
    assert_eq!(
        columns,
        [
            "users id character varying(36) not null (gen_random_uuid())::text",
            "users email character varying(255) not null",
            "users name character varying(100) not null",
            "users hashed_password character varying(255) not null '!'::character varying",
            "users created_at timestamp without time zone not null (now() AT TIME ZONE 'UTC'::text)",
            "users updated_at timestamp without time zone not null (now() AT TIME ZONE 'UTC'::text)",
            "users is_active boolean not null true",
            "users email_verified boolean not null false",
            "tasks id integer not null nextval('tasks_id_seq'::regclass)",
            "tasks user_id character varying(36) not null",
            "tasks title character varying(200) not null",
            "tasks description text",
            "tasks completed boolean not null false",
            "tasks created_at timestamp without time zone not null (now() AT TIME ZONE 'UTC'::text)",
            "tasks updated_at timestamp without time zone not null (now() AT TIME ZONE 'UTC'::text)",
            "tasks completed_at timestamp without time zone",
        ]
    );
}

#[test]
fn constraints_and_indexes_have_their_names() {
    let mut database = Database::new();
    let client = &mut database.client;
    let constraints = column(
        client,
        "SELECT conname || ' ' || contype::text FROM pg_constraint
         WHERE conrelid IN ('users'::regclass, 'tasks'::regclass) AND contype <> 'n' AND convalidated ORDER BY conname COLLATE \"C\"",
    );
    assert_eq!(
        constraints,
        [
            "tasks_description_check c",
            "tasks_pkey p",
            "tasks_title_check c",
            "tasks_user_id_fkey f",
            "users_email_check c",
            "users_hashed_password_check c",
            "users_id_check c",
            "users_name_check c",
            "users_pkey p",
        ]
    );
    let indexes = column(
        client,
        "SELECT regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX (\\w+) ON public.(\\w+) USING btree', '\\2: \\1\\3')
         FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname COLLATE \"C\"",
    );
    assert_eq!(
        indexes,
        [
            "ix_tasks_created_at: tasks (created_at)",
            "ix_tasks_user_completed: tasks (user_id, completed)",
            "ix_tasks_user_id: tasks (user_id)",
            "ix_users_email: UNIQUE users (email)",
            "ix_users_email_folded: UNIQUE users (lower(((email)::text COLLATE \"C\")))",
            "tasks_pkey: UNIQUE tasks (id)",
            "users_pkey: UNIQUE users (id)",
        ]
    );
}

#[test]
fn dumps_carry_both_tables_and_the_sequence() {
    let mut database = Database::new();
    let registered = column(
        &mut database.client,
        "SELECT c::regclass::text FROM pg_extension, unnest(extconfig) AS c WHERE extname = 'todo' ORDER BY 1",
    );
    assert_eq!(registered, ["tasks", "tasks_id_seq", "users"]);
}

/// The stable API: every function with its arguments and result, described, and closed to PUBLIC.
#[test]
fn functions_are_the_api_and_described() {
    let mut database = Database::new();
    let client = &mut database.client;
    let mut functions = column(
        client,
        "SELECT format('%s(%s) %s %s %s', p.oid::regproc, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
             lanname, CASE provolatile WHEN 's' THEN 'stable' WHEN 'v' THEN 'volatile' END)
         FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
             JOIN pg_language l ON l.oid = prolang
         WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'todo')
             AND obj_description(p.oid, 'pg_proc') <> ''",
    );
    functions.sort();
    assert_eq!(
        functions,
        [
            "todo_authenticate(email text, password text) SETOF todo_users c volatile",
            "todo_change_password(user_id text, current_password text, new_password text) boolean c volatile",
            "todo_check_password(password text, hash text) boolean c volatile",
            "todo_clear_completed(user_id text) SETOF tasks c volatile",
            "todo_complete_all(user_id text, completed boolean DEFAULT true) SETOF tasks c volatile",
            "todo_complete_task(task_id bigint, user_id text, completed boolean DEFAULT true) SETOF tasks c volatile",
            "todo_completed_tasks(user_id text) SETOF tasks sql stable",
            "todo_create_task(user_id text, title text, description text DEFAULT NULL::text) SETOF tasks c volatile",
            "todo_create_user(email text, name text, password text) SETOF todo_users c volatile",
            "todo_delete_task(task_id bigint, user_id text) SETOF tasks c volatile",
            "todo_delete_user(user_id text) SETOF todo_users c volatile",
            "todo_find_user(email text) SETOF todo_users sql stable",
            "todo_get_task(task_id bigint, user_id text) SETOF tasks sql stable",
            "todo_get_user(user_id text) SETOF todo_users sql stable",
            "todo_grant(role text, access text DEFAULT 'api'::text) void plpgsql volatile",
            "todo_hash_password(password text) text c volatile",
            "todo_internal.member_functions() SETOF oid sql stable",
            "todo_internal.schema_for_grants(role text) text plpgsql stable",
            "todo_internal.tasks_before_row() trigger c volatile",
            "todo_internal.users_before_row() trigger c volatile",
            "todo_list_tasks(user_id text) SETOF tasks sql stable",
            "todo_pending_tasks(user_id text) SETOF tasks sql stable",
            "todo_revoke(role text) void plpgsql volatile",
            "todo_set_active(user_id text, active boolean) SETOF todo_users c volatile",
            "todo_set_password_hash(user_id text, hash text) SETOF todo_users c volatile",
            "todo_task_counts(user_id text) TABLE(total bigint, pending bigint, completed bigint) sql stable",
            "todo_toggle_task(task_id bigint, user_id text) SETOF tasks c volatile",
            "todo_update_task(task_id bigint, user_id text, title text DEFAULT NULL::text, description text DEFAULT NULL::text) \
             SETOF tasks c volatile",
            "todo_update_user(user_id text, email text DEFAULT NULL::text, name text DEFAULT NULL::text) \
             SETOF todo_users c volatile",
            "todo_verify_email(user_id text) SETOF todo_users c volatile",
        ]
    );
    // Alembic's autogenerate reports comments on tables and columns as changes.
    let comments =
        column(client, "SELECT description FROM pg_description WHERE objoid IN ('users'::regclass, 'tasks'::regclass)");
    assert!(comments.is_empty());
}

#[test]
fn nothing_is_open_to_public() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let open = column(
        client,
        "WITH members AS (
             SELECT classid, objid FROM pg_depend
             WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'todo')
         ), acls AS (
             SELECT oid::regprocedure::text AS name, coalesce(proacl, acldefault('f', proowner)) AS acl
             FROM pg_proc JOIN members ON (classid, objid) = ('pg_proc'::regclass, oid)
             UNION ALL
             SELECT oid::regclass::text, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))
             FROM pg_class JOIN members ON (classid, objid) = ('pg_class'::regclass, oid)
             UNION ALL
             SELECT nspname, coalesce(nspacl, acldefault('n', nspowner))
             FROM pg_namespace JOIN members ON (classid, objid) = ('pg_namespace'::regclass, oid)
         )
         SELECT CASE count(*) FILTER (WHERE grantee = 0) WHEN 0 THEN 'closed' ELSE 'open: ' || name END
         FROM acls, aclexplode(acl) GROUP BY name",
    );
    assert_eq!(open.len(), 30 + 4 + 1, "functions, tables, view and sequence, schema: {open:?}");
    assert!(open.iter().all(|state| state == "closed"), "{open:?}");

    client
        .batch_execute(&format!("CREATE ROLE {0}; GRANT USAGE ON SCHEMA public TO {0}; SET ROLE {0}", database.name))
        .unwrap();
    for statement in [
        "SELECT * FROM users",
        "SELECT * FROM tasks",
        "SELECT * FROM todo_list_tasks('u1')",
        "SELECT * FROM todo_create_task('u1', 'x')",
        "SELECT nextval('tasks_id_seq')",
        "SELECT todo_internal.users_before_row()",
    ] {
        assert_eq!(Failure::of(client.query(statement, &[])).code, "42501", "{statement}");
    }
    // The functions have the caller's rights, no more: EXECUTE alone reaches no task.
    client
        .batch_execute(&format!(
            "RESET ROLE; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {0}; SET ROLE {0}",
            database.name
        ))
        .unwrap();
    for call in ["todo_list_tasks('u1')", "todo_create_task('u1', 'x')", "todo_toggle_task(1, 'u1')"] {
        assert_eq!(Failure::of(client.query(&format!("SELECT * FROM {call}"), &[])).code, "42501", "{call}");
    }
    client
        .batch_execute(&format!(
            "RESET ROLE; GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO {0}; GRANT USAGE ON SEQUENCE tasks_id_seq TO {0}; SET ROLE {0}",
            database.name
        ))
        .unwrap();
    task(client, "SELECT * FROM todo_create_task('u1', 'x')", &[]);
    task(client, "SELECT * FROM todo_toggle_task(1, 'u1')", &[]);
    assert_eq!(Failure::of(client.query("SELECT * FROM todo_create_task('nobody', 'x')", &[])).code, "23503");
    client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {0}; DROP ROLE {0}", database.name)).unwrap();
}

#[test]
fn addresses_are_unique_without_regard_to_case() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for (email, constraint) in [("a@b.cd", "ix_users_email"), ("A@B.CD", "ix_users_email_folded")] {
        let failure = Failure::of(client.execute("INSERT INTO users (email, name) VALUES ($1, 'X')", &[&email]));
        assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some(constraint)));
        let failure = Failure::of(client.execute("UPDATE users SET email = $1 WHERE id = 'u2'", &[&email]));
        assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some(constraint)));
    }
    client.execute("INSERT INTO users (email, name) VALUES ('Á@b.cd', 'X'), ('á@b.cd', 'X')", &[]).unwrap();
    let failure = Failure::of(client.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'c@b.cd', 'X')", &[]));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some("users_pkey")));
}

#[test]
fn no_task_without_its_user() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for statement in
        ["INSERT INTO tasks (user_id, title) VALUES ('nobody', 'x')", "SELECT todo_create_task('nobody', 'x')"]
    {
        let failure = Failure::of(client.execute(statement, &[]));
        assert_eq!(
            (failure.code.as_str(), failure.constraint.as_deref()),
            ("23503", Some("tasks_user_id_fkey")),
            "{statement}"
        );
    }
    client.batch_execute("SELECT todo_create_task(u, 'x') FROM unnest('{u1,u1,u2}'::text[]) AS u").unwrap();
    let failure = Failure::of(client.execute("UPDATE users SET id = 'other' WHERE id = 'u1'", &[]));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23503", Some("tasks_user_id_fkey")));
    client.batch_execute("DELETE FROM users WHERE id = 'u1'").unwrap();
    let left = tasks(client, "SELECT * FROM tasks", &[]);
    assert_eq!(left.iter().map(|t| t.user_id.as_str()).collect::<Vec<_>>(), ["u2"]);
}

#[test]
fn ids_end_with_an_error() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("SELECT setval('tasks_id_seq', 2147483646)").unwrap();
    assert_eq!(task(client, "SELECT * FROM todo_create_task('u1', 'last')", &[]).id, i32::MAX);
    assert_eq!(Failure::of(client.query("SELECT * FROM todo_create_task('u1', 'one more')", &[])).code, "2200H");
    assert_eq!(task(client, "SELECT * FROM todo_toggle_task(2147483647, 'u1')", &[]).title, "last");
}
