//! A role with `todo_grant(role, 'isolated')` sees and changes the rows of the current user alone.

use postgres::Client;
use todo_tests::functions::{Access, functions};
use todo_tests::isolated::{OWNED, isolated, set_user};
use todo_tests::{Database, Failure, strings};

const NONE: [&str; 0] = [""; 0];

#[test]
fn tables_and_views_show_the_current_user() {
    let (database, role) = isolated();
    let client = &mut database.connect_as(&role);
    for (relation, column) in OWNED {
        let query = format!("SELECT DISTINCT {column}::text FROM {relation} ORDER BY 1");
        for (user, found) in [("", ""), ("u1", "u1"), ("u2", "u2"), ("u3", ""), ("u1 ", ""), ("U1", "")] {
            set_user(client, user);
            assert_eq!(strings(client, &query).concat(), found, "{relation} of {user:?}");
        }
    }
    set_user(client, "u1");
    for relation in ["todo_auth.verification", "todo_auth.\"rateLimit\""] {
        assert_eq!(strings(client, &format!("SELECT r::text FROM {relation} AS r")), NONE, "{relation}");
    }
    assert_eq!(strings(client, "SELECT id FROM users"), ["u1"]);
    // Other roles see everything, as before.
    let (api, other) = (database.role("api"), database.role("tables"));
    database
        .connect()
        .batch_execute(&format!("SELECT todo_grant('{api}'); SELECT todo_grant('{other}', 'tables')"))
        .unwrap();
    for role in [api, other] {
        let client = &mut database.connect_as(&role);
        assert_eq!(strings(client, "SELECT id FROM todo_users ORDER BY id"), ["u1", "u2"]);
        assert_eq!(strings(client, "SELECT id FROM todo_find_user('B@b.cd')"), ["u2"]);
        assert_eq!(strings(client, "SELECT count(*)::text FROM tasks"), ["10"]);
        assert_eq!(strings(client, "SELECT name FROM todo_update_user('u2', name => 'B')"), ["B"]);
    }
}

#[test]
fn statements_change_the_current_user_alone() {
    let (mut database, role) = isolated();
    let client = &mut database.connect_as(&role);
    set_user(client, "u1");
    for (statement, count) in [
        ("UPDATE tasks SET title = 'mine'", 5),
        ("UPDATE tasks SET title = 'mine' WHERE user_id = 'u2'", 0),
        ("DELETE FROM tasks WHERE id = 2", 0),
        ("UPDATE todo_auth.\"user\" SET name = 'Mine'", 1),
        ("UPDATE todo_auth.session SET \"userAgent\" = 'mine'", 1),
        ("DELETE FROM todo_auth.session WHERE token = 'other'", 0),
        ("DELETE FROM todo_auth.account WHERE \"userId\" = 'u2'", 0),
        ("UPDATE users SET name = 'Mine'", 1),
        ("DELETE FROM users WHERE id = 'u2'", 0),
        (
            "MERGE INTO tasks AS t USING (SELECT generate_series(1, 10) AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET title = 'merged'",
            5,
        ),
    ] {
        assert_eq!(client.execute(statement, &[]).unwrap(), count, "{statement}");
    }
    for (statement, code) in [
        ("INSERT INTO tasks (user_id, title) VALUES ('u2', 'x')", "42501"),
        ("UPDATE tasks SET user_id = 'u2'", "42501"),
        (
            "INSERT INTO tasks (id, user_id, title) VALUES (2, 'u1', 'x') ON CONFLICT (id) DO UPDATE SET title = 'x'",
            "42501",
        ),
        ("INSERT INTO users (email, name) VALUES ('n@b.cd', 'N')", "42501"),
        ("INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('t', now(), 'u2')", "23503"),
        ("INSERT INTO todo_auth.verification (identifier, value, \"expiresAt\") VALUES ('x', 'y', now())", "42501"),
        ("COPY tasks (user_id, title) FROM STDIN", "0A000"),
        ("TRUNCATE tasks", "42501"),
        ("SELECT * FROM todo_create_task('u2', 'x')", "42501"),
        ("SELECT * FROM todo_create_tasks('u2', '[{\"title\":\"x\"}]')", "42501"),
        ("SELECT * FROM todo_create_user('n@b.cd', 'N', 'long enough')", "42501"),
        ("SELECT * FROM todo_create_user('n@b.cd', 'N', 'long enough', 'u3')", "42501"),
        (
            "CREATE TRIGGER t BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "42501",
        ),
    ] {
        let failure = Failure::of(client.batch_execute(statement));
        assert_eq!(failure.code, code, "{statement}");
        assert_eq!(failure.detail, None, "{statement}");
    }
    let others =
        "SELECT string_agg(DISTINCT t.title, ',') LIKE '%mine%' OR string_agg(DISTINCT t.title, ',') LIKE '%merged%'
        FROM tasks AS t WHERE user_id = 'u2'";
    assert!(!database.client.query_one(others, &[]).unwrap().get::<_, bool>(0));
    assert_eq!(strings(&mut database.client, "SELECT name FROM users WHERE id = 'u2'"), ["B"]);
    // A role can create the user whose id is that of the current user.
    set_user(client, "u3");
    assert_eq!(strings(client, "SELECT id FROM todo_create_user('n@b.cd', 'N', 'long enough', 'u3')"), ["u3"]);
    assert_eq!(strings(client, "SELECT id FROM todo_authenticate('n@b.cd', 'long enough')"), ["u3"]);
}

/// Each function finds rows of the current user only, and none without a current user.
#[test]
fn functions_find_the_current_user() {
    let (mut database, role) = isolated();
    let (client, owner) = (&mut database.connect_as(&role), &mut database.client);
    owner
        .batch_execute("SELECT todo_set_password_hash(u.id, todo_hash_password('long enough')) FROM users AS u")
        .unwrap();
    let state = "SELECT md5(string_agg(r.text, '|' ORDER BY r.text)) FROM (
        SELECT u::text FROM users AS u UNION ALL SELECT t::text FROM tasks AS t) AS r (text)";
    let of_users = functions().into_iter().filter(|function| {
        function.access == Access::Api
            && ["tasks", "todo_users", "boolean", "jsonb"].contains(&function.returns)
            && (function.takes("user_id") || function.takes("email"))
            && !function.name.contains("create")
            && !function.name.contains("import")
    });
    let mut count = 0;
    for function in of_users {
        count += 1;
        let before = strings(owner, state);
        // The sample arguments are of u1, whose first task is the second of fixtures.
        let call = function
            .call_with(&[("task_id", "2")].into_iter().filter(|(name, _)| function.takes(name)).collect::<Vec<_>>());
        for user in ["", "u2"] {
            set_user(client, user);
            let found = strings(client, &format!("SELECT coalesce(r::text, '') FROM {call} AS r"));
            let nothing =
                found.is_empty() || ["f", "false", "null"].contains(&found[0].as_str()) || found[0].is_empty();
            assert!(
                nothing || function.returns == "jsonb" && !found[0].contains("u1"),
                "{} as {user:?}: {found:?}",
                function.name
            );
        }
        assert_eq!(strings(owner, state), before, "{}", function.name);
    }
    assert!(count >= 18, "{count}");
}

/// user_id need not be given where the current user is known.
#[test]
fn the_current_user_is_the_default() {
    let (mut database, role) = isolated();
    for client in [&mut database.connect_as(&role), &mut database.client] {
        for set in [
            "SET todo.user_id = 'u2'",
            "RESET todo.user_id; SET request.jwt.claims = '{\"sub\": \"u2\", \"role\": \"x\"}'",
        ] {
            client.batch_execute(set).unwrap();
            let both = |client: &mut Client, call: &str| {
                strings(client, &format!("SELECT t.id::text FROM {call} AS t ORDER BY t.id"))
            };
            assert_eq!(both(client, "todo_toggle_task(2)"), ["2"]);
            assert_eq!(both(client, "todo_toggle_task(1)"), NONE);
            assert_eq!(both(client, "todo_complete_task(2, completed => false)"), ["2"]);
            assert_eq!(both(client, "todo_update_task(2, title => 'New')"), ["2"]);
            assert_eq!(both(client, "todo_get_task(2)"), ["2"]);
            assert_eq!(both(client, "todo_list_tasks()"), ["2", "4", "6", "8", "10"]);
            assert_eq!(both(client, "todo_pending_tasks()"), ["2", "4", "6"]);
            assert_eq!(both(client, "todo_completed_tasks()"), ["8", "10"]);
            assert_eq!(both(client, "todo_filter_tasks(search => 'new')"), ["2"]);
            assert_eq!(both(client, "todo_get_user()"), ["u2"]);
            assert_eq!(both(client, "todo_update_user(name => 'New')"), ["u2"]);
            assert_eq!(strings(client, "SELECT total::text FROM todo_task_counts()"), ["5"]);
            assert_eq!(strings(client, "SELECT todo_export_user() -> 'user' ->> 'id'"), ["u2"]);
        }
        client.batch_execute("SET request.jwt.claims = ''").unwrap();
        for call in ["todo_toggle_task(2)", "todo_complete_all()", "todo_delete_user()"] {
            assert_eq!(Failure::of(client.query(&format!("SELECT * FROM {call}"), &[])).code, "23502", "{call}");
        }
        assert_eq!(strings(client, "SELECT id::text FROM todo_list_tasks()"), NONE);
    }
}

#[test]
fn the_current_user_is_a_setting_or_a_claim() {
    let mut database = Database::new();
    let client = &mut database.client;
    for (user, claims, found) in [
        (None, None, None),
        (Some(""), Some(""), None),
        (Some("u1"), None, Some("u1")),
        (Some("u1"), Some("{\"sub\": \"u2\"}"), Some("u1")),
        (Some("u1"), Some("no JSON"), Some("u1")),
        (Some(""), Some("{\"sub\": \"u2\"}"), Some("u2")),
        (None, Some("{\"sub\": 7}"), Some("7")),
        (None, Some("{\"sub\": null}"), None),
        (None, Some("{\"role\": \"x\"}"), None),
        (None, Some("[\"sub\"]"), None),
        (None, Some("null"), None),
        (Some("'; DROP TABLE tasks; --"), None, Some("'; DROP TABLE tasks; --")),
    ] {
        let mut transaction = client.transaction().unwrap();
        for (name, value) in [("todo.user_id", user), ("request.jwt.claims", claims)] {
            if let Some(value) = value {
                transaction.execute("SELECT set_config($1, $2, true)", &[&name, &value]).unwrap();
            }
        }
        let current: Option<String> = transaction.query_one("SELECT todo_current_user_id()", &[]).unwrap().get(0);
        assert_eq!(current.as_deref(), found, "{user:?} {claims:?}");
    }
    // After the transaction, there is none.
    assert_eq!(client.query_one("SELECT todo_current_user_id()", &[]).unwrap().get::<_, Option<String>>(0), None);
    client.batch_execute("SET request.jwt.claims = 'no JSON'").unwrap();
    assert_eq!(Failure::of(client.query("SELECT todo_current_user_id()", &[])).code, "22P02");
}

/// A session that serves many roles and users in turn, with plans that it keeps, shows each of them only their rows.
#[test]
fn one_session_serves_many_roles_and_users() {
    let (mut database, role) = isolated();
    let second = database.role("second");
    let api = database.role("api");
    let client = &mut database.client;
    client.batch_execute(&format!("SELECT todo_grant('{second}', 'isolated'); SELECT todo_grant('{api}')")).unwrap();
    client
        .batch_execute("PREPARE raw AS SELECT user_id::text FROM tasks; PREPARE own AS UPDATE tasks SET title = title RETURNING user_id::text")
        .unwrap();
    for round in 0..60 {
        let user = ["u1", "u2", ""][round % 3];
        let role = [&role, &api, &second][round / 3 % 3];
        client.batch_execute(&format!("SET ROLE {role}; SET todo.user_id = '{user}'")).unwrap();
        for query in [
            "EXECUTE raw",
            "EXECUTE own",
            "SELECT user_id FROM todo_filter_tasks(coalesce(todo_current_user_id(), 'u1'))",
            "SELECT t.user_id FROM generate_series(1, 10) AS i, LATERAL todo_toggle_task(i, coalesce(todo_current_user_id(), 'u1')) AS t",
            "SELECT t.user_id FROM generate_series(1, 10) AS i, LATERAL todo_get_task(i, 'u1') AS t",
            "SELECT id FROM todo_users",
            "SELECT u.id FROM unnest(ARRAY['u1', 'u2']) AS i, LATERAL todo_update_user(i, name => 'N') AS u",
        ] {
            let mut found = strings(client, query);
            found.sort();
            found.dedup();
            if *role != api {
                assert!(found.iter().all(|id| id == user), "{query} as {role} for {user:?}: {found:?}");
                assert!(!found.is_empty() || user.is_empty() || query.contains("'u1') AS t"), "{query} for {user:?}");
            } else if !query.contains("coalesce") && !query.contains("'u1') AS t") {
                assert_eq!(found, ["u1", "u2"], "{query}");
            }
        }
        client.batch_execute("RESET ROLE").unwrap();
    }
}

/// A view of the application shows what its owner may see, unless it is a security_invoker; a function runs with the rights of its caller.
#[test]
fn what_the_application_builds() {
    let (mut database, role) = isolated();
    database
        .client
        .batch_execute(&format!(
            "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO {role};
             CREATE VIEW app.mine WITH (security_invoker = true) AS SELECT t.user_id, u.name FROM tasks AS t JOIN todo_users AS u ON u.id = t.user_id;
             CREATE FUNCTION app.titles() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT user_id FROM public.tasks $$;
             CREATE FUNCTION app.all_titles() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT user_id FROM public.tasks $$;
             CREATE FUNCTION app.rename(id text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
                 AS $$ SELECT name FROM public.todo_update_user(id, name => 'Renamed') $$;
             GRANT SELECT ON app.mine TO {role}"
        ))
        .unwrap();
    let client = &mut database.connect_as(&role);
    set_user(client, "u1");
    assert_eq!(strings(client, "SELECT DISTINCT user_id FROM app.mine"), ["u1"]);
    assert_eq!(strings(client, "SELECT DISTINCT titles FROM app.titles()"), ["u1"]);
    assert_eq!(strings(client, "SELECT DISTINCT all_titles FROM app.all_titles() ORDER BY 1"), ["u1", "u2"]);
    // A function on users is bound by the role of the session.
    assert_eq!(strings(client, "SELECT app.rename('u2')"), NONE);
    assert_eq!(strings(client, "SELECT app.rename('u1')"), ["Renamed"]);
}

/// Members of an isolated role are bound as well. When the isolation ends, nothing of it is left.
#[test]
fn members_are_isolated_until_it_ends() {
    let (mut database, role) = isolated();
    let (member, app) = (database.role("member"), database.role("app"));
    let policies = "SELECT polname::text FROM pg_policy UNION ALL SELECT relname FROM pg_class
        WHERE relrowsecurity OR 'security_invoker=true' = ANY (reloptions)";
    database
        .client
        .batch_execute(&format!("SELECT todo_grant('{member}', 'tables'); GRANT {role} TO {member}"))
        .unwrap();
    let client = &mut database.connect_as(&member);
    set_user(client, "u1");
    assert_eq!(strings(client, "SELECT DISTINCT user_id FROM tasks"), ["u1"]);
    assert_eq!(strings(client, "SELECT id FROM todo_users"), ["u1"]);
    assert_eq!(strings(client, "SELECT id FROM todo_verify_email('u2')"), NONE);
    let owner = &mut database.connect();
    owner.batch_execute(&format!("REVOKE {role} FROM {member}")).unwrap();
    assert_eq!(strings(client, "SELECT id FROM todo_users ORDER BY id"), ["u1", "u2"]);

    let faults = "SELECT name FROM todo_check() WHERE NOT ok AND name NOT LIKE 'rights of%'";
    for back in [
        format!("todo_grant('{role}', 'api')"),
        format!("todo_grant('{role}', 'tables')"),
        format!("todo_revoke('{role}')"),
    ] {
        owner
            .batch_execute(&format!("SELECT todo_grant('{role}', 'isolated'); SELECT todo_grant('{role}', 'isolated')"))
            .unwrap();
        assert_eq!(strings(owner, faults), NONE);
        assert_eq!(strings(owner, policies).len(), 7 * 3 + 3);
        owner.batch_execute(&format!("SELECT todo_grant('{app}', 'isolated'); SELECT {back}")).unwrap();
        assert_eq!(strings(owner, policies).len(), 7 * 3 + 3, "one is still isolated");
        owner.batch_execute(&format!("SELECT todo_revoke('{app}')")).unwrap();
        assert_eq!(strings(owner, policies), NONE, "{back}");
        assert_eq!(strings(owner, faults), NONE, "{back}");
    }
    owner.batch_execute(&format!("SELECT todo_grant('{role}', 'api')")).unwrap();
    let client = &mut database.connect_as(&role);
    assert_eq!(strings(client, "SELECT DISTINCT user_id FROM tasks ORDER BY 1"), ["u1", "u2"]);

    // Row-level security would not bind these.
    owner.batch_execute(&format!("ALTER ROLE {app} BYPASSRLS; GRANT {app} TO {member}")).unwrap();
    for role in [&app, "postgres"] {
        assert_eq!(Failure::of(owner.batch_execute(&format!("SELECT todo_grant('{role}', 'isolated')"))).code, "0LP01");
    }
    for (arguments, code) in [("'no one', 'isolated'", "42704"), ("NULL, 'isolated'", "23502")] {
        assert_eq!(
            Failure::of(owner.batch_execute(&format!("SELECT todo_grant({arguments})"))).code,
            code,
            "{arguments}"
        );
    }
}

/// The application's own row-level security stays as it is.
#[test]
fn policies_of_the_application_stay() {
    let database = Database::with_users();
    let (role, app) = (database.role("isolated"), database.role("app"));
    let client = &mut database.connect();
    client
        .batch_execute(&format!(
            "INSERT INTO tasks (user_id, title) VALUES ('u1', 'public'), ('u1', 'secret'), ('u2', 'public');
             ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; CREATE POLICY app ON tasks USING (title = 'public');
             SELECT todo_grant('{app}'); SELECT todo_grant('{role}', 'isolated')"
        ))
        .unwrap();
    let titles = "SELECT user_id || ' ' || title FROM tasks ORDER BY 1";
    let isolated = &mut database.connect_as(&role);
    set_user(isolated, "u1");
    assert_eq!(strings(isolated, titles), ["u1 public"]);
    assert_eq!(strings(&mut database.connect_as(&app), titles), ["u1 public", "u2 public"]);
    client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(
        strings(client, "SELECT relname || ' ' || polname FROM pg_policy JOIN pg_class AS c ON c.oid = polrelid"),
        ["tasks app"]
    );
    assert_eq!(strings(client, "SELECT relname FROM pg_class WHERE relrowsecurity"), ["tasks"]);
    assert_eq!(strings(&mut database.connect_as(&app), titles), ["u1 public", "u2 public"]);
}

/// One plan for all users walks an index in the order of the list, with the condition of the policy.
#[test]
fn an_isolated_role_walks_indexes() {
    let mut database = Database::new();
    let role = database.role("isolated");
    database
        .client
        .batch_execute(&format!(
            "INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@b.cd', 'U' FROM generate_series(1, 5000) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT 'u' || i % 200 + 1, 'Task', i % 2 = 0, timestamp '2026-01-01' + i * interval '1 s'
                 FROM generate_series(1, 20000) AS i;
             SELECT todo_grant('{role}', 'isolated')"
        ))
        .unwrap();
    database.client.batch_execute("VACUUM ANALYZE users, tasks").unwrap();
    let client = &mut database.connect_as(&role);
    client.batch_execute("SET todo.user_id = 'u8'; SET plan_cache_mode = force_generic_plan").unwrap();
    for (query, index) in [
        ("SELECT * FROM tasks ORDER BY created_at DESC LIMIT 20", "ix_tasks_user_created_at"),
        ("SELECT * FROM todo_list_tasks() LIMIT 20", "ix_tasks_user_created_at"),
        ("SELECT * FROM todo_pending_tasks() LIMIT 20", "ix_tasks_user_completed_at"),
        ("SELECT * FROM todo_pending_tasks('u8') LIMIT 20", "ix_tasks_user_completed_at"),
        ("SELECT * FROM todo_get_task(7)", "tasks_pkey"),
        ("UPDATE tasks SET completed = NOT completed WHERE id = 7 AND user_id = 'u8'", "tasks_pkey"),
        ("SELECT * FROM todo_users", "users_pkey"),
        ("SELECT * FROM todo_find_user('a@b.cd')", "users_pkey"),
    ] {
        let plan = strings(client, &format!("EXPLAIN {query}")).join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan") && !plan.contains("Sort"), "{query}:\n{plan}");
    }
}

/// If the application has policies that are not in force, isolating a role is refused, because it would put them in force.
#[test]
fn policies_that_are_not_in_force() {
    let mut database = Database::with_users();
    let role = database.role("isolated");
    let client = &mut database.client;
    client.batch_execute("CREATE POLICY app ON tasks USING (title = 'public')").unwrap();
    assert_eq!(Failure::of(client.batch_execute(&format!("SELECT todo_grant('{role}', 'isolated')"))).code, "55000");
    client.batch_execute(&format!("DROP POLICY app ON tasks; SELECT todo_grant('{role}', 'isolated')")).unwrap();
    // Later, a policy has no effect beside the one that shows everyone all rows. todo_check() finds that.
    client.batch_execute("CREATE POLICY app ON tasks USING (title = 'public')").unwrap();
    let found = "SELECT fix FROM todo_check() WHERE name LIKE 'isolation%' AND NOT ok";
    assert_eq!(strings(client, found), ["DROP POLICY todo_everyone ON public.tasks"]);
    client.batch_execute("DROP POLICY todo_everyone ON tasks").unwrap();
    assert_eq!(strings(client, found), NONE);
    client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(strings(client, "SELECT relname FROM pg_class WHERE relrowsecurity"), ["tasks"]);
}
