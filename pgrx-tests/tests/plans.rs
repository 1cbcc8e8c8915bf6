//! PostgreSQL inlines the functions that read: the planner sees the table, and the caller's conditions can use its indexes.

use postgres::Client;
use todo_tests::functions::functions;
use todo_tests::{Database, strings};

#[test]
fn reading_functions_are_planned_as_if_written_out() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@b.cd', 'U' FROM generate_series(1, 5000) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT 'u' || i % 100 + 1, 'Task', i % 2 = 0, timestamp '2026-01-01' + i * interval '1 s'
                 FROM generate_series(1, 20000) AS i;
             ANALYZE users, tasks",
        )
        .unwrap();
    let plan = |client: &mut Client, query: &str| -> String {
        let rows = client.query(&format!("EXPLAIN (VERBOSE) {query}"), &[]).unwrap_or_else(|e| panic!("{query}: {e}"));
        rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
    };
    for (call, index) in [
        ("todo_get_task(7, 'u8')", "tasks_pkey"),
        ("todo_list_tasks('u8')", "ix_tasks_user"),
        ("todo_list_tasks('u8') LIMIT 20", "ix_tasks_"),
        ("todo_list_tasks('u8') WHERE id = 7", "tasks_pkey"),
        ("todo_pending_tasks('u8')", "ix_tasks_user"),
        ("todo_pending_tasks('u8') LIMIT 20", "ix_tasks_"),
        ("todo_completed_tasks('u8')", "ix_tasks_user"),
    ] {
        let plan = plan(client, &format!("SELECT * FROM {call}"));
        assert!(!plan.contains("Function Scan"), "{call} does not inline:\n{plan}");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{call} does not use {index}:\n{plan}");
    }
    // Functions that check their arguments or have a SET clause are not inlined.
    let inlined = strings(
        client,
        "SELECT proname FROM pg_proc WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql') AND proconfig IS NULL
         AND proretset AND pronamespace = 'public'::regnamespace",
    );
    assert_eq!(inlined.len(), 7, "{inlined:?}");
    for function in functions().into_iter().filter(|function| inlined.iter().any(|name| name == function.name)) {
        let plan = plan(client, &format!("SELECT * FROM {}", function.call()));
        assert!(!plan.contains("Function Scan") && !plan.contains("Seq Scan"), "{}:\n{plan}", function.name);
    }
}

/// The first rows of a list come from an index in its order, without a sort and without reading other rows. One plan serves all users: one
/// with many tasks, one whose tasks are older than all others, and one without tasks.
#[test]
fn lists_walk_an_index_in_its_order() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) SELECT u, u || '@b.cd', 'U' FROM unnest(ARRAY['many', 'old', 'none', 'other']) AS u;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT 'old', 'Task', i % 2 = 0, timestamp '2020-01-01' + i * interval '1 s' FROM generate_series(1, 100) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT CASE WHEN i % 2 = 0 THEN 'many' ELSE 'other' END, 'Task', i % 10 <> 0, timestamp '2026-01-01' + i * interval '1 s'
                 FROM generate_series(1, 20000) AS i;
             ANALYZE users, tasks",
        )
        .unwrap();
    // For a user with few tasks, PostgreSQL may make a plan that sorts them.
    for (mode, users) in
        [("force_generic_plan", &["many", "old", "none", "other"][..]), ("force_custom_plan", &["many", "other"])]
    {
        client.batch_execute(&format!("SET plan_cache_mode = {mode}")).unwrap();
        for (function, index) in [
            ("todo_list_tasks", "ix_tasks_user_created_at"),
            ("todo_pending_tasks", "ix_tasks_user_completed_at"),
            ("todo_completed_tasks", "ix_tasks_user_completed_at"),
        ] {
            client.batch_execute(&format!("PREPARE list(text) AS SELECT * FROM {function}($1) LIMIT 20")).unwrap();
            for user in users {
                let plan = strings(client, &format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE list('{user}')"))
                    .join("\n");
                let what = format!("{mode}, {function}, {user}:\n{plan}");
                assert!(plan.contains(&format!("Index Scan Backward using {index}")), "{what}");
                assert!(!plan.contains("Sort") && !plan.contains("Filter"), "{what}");
            }
            client.batch_execute("DEALLOCATE list").unwrap();
        }
    }
}

/// The first and later pages of `todo_filter_tasks` read few blocks. Two orders need an index of the application (docs/lists.md).
#[test]
fn pages_read_few_blocks() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) SELECT u, u || '@b.cd', 'U' FROM unnest(ARRAY['many', 'old', 'none']) AS u
                 UNION ALL SELECT 'u' || i, i || '@b.cd', 'U' FROM generate_series(0, 99) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT 'old', 'Task ' || i, i % 2 = 0, timestamp '2020-01-01' + i * interval '1 s' FROM generate_series(1, 100) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at, updated_at)
                 SELECT CASE WHEN i % 2 = 0 THEN 'many' ELSE 'u' || i / 2 % 100 END, 'Task ' || i, i / 2 % 2 = 0, timestamp '2026-01-01' + i * interval '1 s',
                     timestamp '2026-02-01' + i * interval '1 s'
                 FROM generate_series(1, 40000) AS i;
             CREATE INDEX ON tasks (user_id, updated_at, id); CREATE INDEX ON tasks (user_id, title, id)",
        )
        .unwrap();
    client.batch_execute("VACUUM ANALYZE users, tasks").unwrap();
    for (sort, filter) in [
        ("created", ""),
        ("created", ", completed => false"),
        ("created", ", created_from => '2026-01-01', created_to => '2026-01-01 04:00:00'"),
        ("completed", ""),
        ("completed", ", completed => false"),
        ("completed", ", completed => true"),
        ("updated", ""),
        ("title", ""),
        ("updated", ", completed => true"),
        ("title", ", completed => false"),
        ("created", ", completed => true"),
    ] {
        for user in ["many", "old", "none"] {
            let call = format!("todo_filter_tasks('{user}', sort => '{sort}'{filter}, page_size => ");
            let pages = [
                format!("SELECT * FROM {call} 20)"),
                format!(
                    "SELECT * FROM {call} 20, after => (SELECT todo_task_cursor(task, '{sort}') FROM {call} 1000) AS task OFFSET 999))"
                ),
            ];
            let most = [80, 1300];
            for (page, most) in pages.iter().zip(most) {
                // The first call also reads catalogs, so it is not measured.
                strings(client, &format!("SELECT count(*)::text FROM ({page}) AS page"));
                let (blocks, plan) = blocks_read(client, page);
                assert!(blocks <= most, "{page}: {blocks} blocks:\n{plan}");
            }
        }
    }
}

/// With its index, a search reads only what matches, however many other tasks there are.
#[test]
fn a_search_reads_what_matches() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('many', 'a@b.cd', 'A');
             INSERT INTO tasks (user_id, title) SELECT 'many', 'Task ' || i FROM generate_series(1, 20000) AS i;
             INSERT INTO tasks (user_id, title) VALUES ('many', 'Zanzibar');
             INSERT INTO tasks (user_id, title) SELECT 'many', 'Zebra ' || i FROM generate_series(1, 60) AS i;
             INSERT INTO users (id, email, name) SELECT i, i || '@example.com', 'A' FROM generate_series(1, 100) AS i;
             INSERT INTO tasks (user_id, title) SELECT i % 100 + 1, 'Task ' || i FROM generate_series(1, 5000) AS i;
             CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description))",
        )
        .unwrap();
    client.batch_execute("VACUUM ANALYZE users, tasks").unwrap();
    let search = "SELECT * FROM todo_filter_tasks('many', search => 'zanzi')";
    assert_eq!(client.query(search, &[]).unwrap().len(), 1);
    let (blocks, plan) = blocks_read(client, search);
    assert!(blocks <= 50, "{plan}");
    // A later page does not read the tasks before it, whether it begins far behind the newest ones, or all that match are new.
    for (word, last, found) in [("zanzi", "Task 2000", 0), ("zebra", "Zebra 11", 10)] {
        let cursor =
            format!("(SELECT todo_task_cursor(t) FROM tasks AS t WHERE user_id = 'many' AND title = '{last}')");
        let later = format!("SELECT * FROM todo_filter_tasks('many', search => '{word}', after => {cursor})");
        assert_eq!(client.query(&later, &[]).unwrap().len(), found);
        let after: String = client.query_one(&format!("SELECT {cursor}"), &[]).unwrap().get(0);
        let (blocks, plan) = blocks_read(client, &later.replace(&cursor, &format!("'{after}'")));
        assert!(blocks <= 80, "{word}: {plan}");
    }
}

/// Pages read few blocks even if there are so few users that PostgreSQL expects a large part of the table for each.
#[test]
fn few_users_read_few_blocks() {
    for users in [1, 2, 3, 5] {
        let mut database = Database::new();
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "INSERT INTO users (id, email, name) SELECT u, u || '@b.cd', 'U' FROM unnest(ARRAY['old', 'none']) AS u
                     UNION ALL SELECT 'u' || i, i || '@b.cd', 'U' FROM generate_series(0, {users} - 1) AS i;
                 INSERT INTO tasks (user_id, title, created_at) SELECT 'old', 'Old', timestamp '2020-01-01' + i * interval '1 s' FROM generate_series(1, 20) AS i;
                 INSERT INTO tasks (user_id, title, completed, created_at)
                     SELECT 'u' || i % {users}, 'Task ' || i, i % 2 = 0, timestamp '2026-01-01' + i * interval '1 s' FROM generate_series(1, 40000) AS i;
                 INSERT INTO tasks (user_id, title) SELECT 'u0', 'Zanzibar';
                 CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description))"
            ))
            .unwrap();
        client.batch_execute("VACUUM ANALYZE users, tasks").unwrap();
        for arguments in [
            "'old'",
            "'none'",
            "'u0'",
            "'u0', search => 'zanzi'",
            "'u0', search => 'task', completed => true",
            "'u0', search => 'task', sort => 'completed'",
            "'u0', search => 'task', completed => true, sort => 'completed'",
            "'u0', search => 'task', completed => false, sort => 'completed'",
            "'u0', search => 'task', page_size => 200",
            "'none', sort => 'completed'",
        ] {
            let page = format!("SELECT * FROM todo_filter_tasks({arguments})");
            client.query(&page, &[]).unwrap();
            let (blocks, plan) = blocks_read(client, &page);
            assert!(blocks <= 120, "{users} users, {arguments}: {plan}");
        }
    }
}

/// How many blocks a query reads, in memory or not, and its plan.
fn blocks_read(client: &mut Client, query: &str) -> (u32, String) {
    let plan = strings(client, &format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) {query}"));
    let buffers = plan.iter().find(|line| line.contains("Buffers: ")).expect("what was read");
    (buffers.split(['=', ' ']).filter_map(|word| word.parse::<u32>().ok()).sum(), plan.join("\n"))
}
