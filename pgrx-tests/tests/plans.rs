//! The reading functions inline: the planner sees the table, and the caller's conditions reach its indexes.

use todo_tests::Database;

#[test]
fn reading_functions_are_planned_as_if_written_out() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@b.cd', 'U' FROM generate_series(1, 100) AS i;
             INSERT INTO tasks (user_id, title, completed, created_at)
                 SELECT 'u' || i % 100 + 1, 'Task', i % 2 = 0, timestamp '2026-01-01' + i * interval '1 s'
                 FROM generate_series(1, 20000) AS i;
             ANALYZE tasks",
        )
        .unwrap();
    let mut plan = |query: &str| -> String {
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
        let plan = plan(&format!("SELECT * FROM {call}"));
        assert!(!plan.contains("Function Scan"), "{call} does not inline:\n{plan}");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{call} does not use {index}:\n{plan}");
    }
    let counts = plan("SELECT * FROM todo_task_counts('u8')");
    assert!(!counts.contains("Function Scan") && !counts.contains("Seq Scan"), "{counts}");
}
