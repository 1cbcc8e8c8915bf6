//! Lists, search and bulk work, for users with few and with very many tasks among two million.

use crate::{median, verdict};
use postgres::types::ToSql;
use postgres::{Client, Statement};
use std::io::Write;
use std::time::Instant;
use todo_tests::server::connect;

/// Users, and how many tasks they have: `old` has those that are older than all others.
const SETUP: &str = "
    CREATE EXTENSION todo;
    INSERT INTO users (id, email, name)
        SELECT u, u || '@example.com', 'U' FROM unnest(ARRAY['old', 'few', 'none', 'many', 'bulk']) AS u
        UNION ALL SELECT 'u' || i, i || '@example.com', 'U' FROM generate_series(1, 1000) AS i;
    INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at)
        SELECT CASE WHEN i <= 20 THEN 'old' WHEN i % 2 = 0 THEN 'many' WHEN i > 1999960 THEN 'few' ELSE 'u' || i / 2 % 1000 + 1 END,
            'Task ' || i % 1000 || ' of ' || i, CASE WHEN i % 3 = 0 THEN repeat('word ', (i % 20)::int) END, i / 2 % 2 = 0,
            timestamp '2026-01-01' + i * interval '1 second', timestamp '2026-01-01' + i * interval '1 second'
        FROM generate_series(1, 2000000) AS i;
    UPDATE tasks SET description = 'Anything but zanzibar' WHERE user_id = 'many' AND id % 40000 = 0;
    CREATE SCHEMA bare;
    CREATE TABLE bare.users (LIKE users INCLUDING DEFAULTS);
    CREATE TABLE bare.tasks (LIKE tasks INCLUDING DEFAULTS);
    INSERT INTO bare.users TABLE users;
    INSERT INTO bare.tasks TABLE tasks;
    ALTER TABLE bare.users ADD PRIMARY KEY (id);
    ALTER TABLE bare.tasks ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES bare.users (id) ON DELETE CASCADE;
    CREATE INDEX ON bare.tasks (user_id);
    CREATE INDEX ON bare.tasks (user_id, completed);
    CREATE INDEX ON bare.tasks (created_at)";

/// First pages of 20.
const PAGES: [(&str, &str); 6] = [
    ("todo_list_tasks", "SELECT * FROM todo_list_tasks($1) LIMIT 20"),
    ("todo_pending_tasks", "SELECT * FROM todo_pending_tasks($1) LIMIT 20"),
    ("todo_completed_tasks", "SELECT * FROM todo_completed_tasks($1) LIMIT 20"),
    ("filter, created", "SELECT * FROM todo_filter_tasks($1, page_size => 20)"),
    ("filter, pending", "SELECT * FROM todo_filter_tasks($1, completed => false, page_size => 20)"),
    ("filter, by completed", "SELECT * FROM todo_filter_tasks($1, sort => 'completed', page_size => 20)"),
];
/// Pages that need an index which the operator creates. They are measured when it is there.
const OTHER_ORDERS: [(&str, &str, &str); 2] = [
    (
        "filter, by updated",
        "SELECT * FROM todo_filter_tasks($1, sort => 'updated', page_size => 20)",
        "(user_id, updated_at, id)",
    ),
    (
        "filter, by title",
        "SELECT * FROM todo_filter_tasks($1, sort => 'title', page_size => 20)",
        "(user_id, title, id)",
    ),
];
const BULK: usize = 10_000;

/// Whether what the project promises is kept.
pub fn measure() -> bool {
    connect("postgres").batch_execute("CREATE DATABASE lists").expect("a new database");
    let mut client = connect("lists");
    client.batch_execute(SETUP).expect("the tables");
    client.batch_execute("VACUUM (FREEZE, ANALYZE)").expect("a vacuum");
    client.batch_execute("CHECKPOINT").expect("a checkpoint");
    let client = &mut client;
    let mut kept = true;

    for (name, query) in PAGES {
        kept &= first_page(client, name, query);
    }
    for (name, query, columns) in OTHER_ORDERS {
        client.batch_execute(&format!("CREATE INDEX ON tasks {columns}; ANALYZE tasks")).expect("an index");
        kept &= first_page(client, name, query);
    }
    kept &= later_page(client);
    let counts = prepare(client, "SELECT * FROM todo_task_counts($1)");
    let raw = prepare(
        client,
        "SELECT count(*), count(*) FILTER (WHERE NOT completed), count(*) FILTER (WHERE completed) FROM tasks WHERE user_id = $1",
    );
    let [plain, function] = medians(client, 51, [(&raw, &[&"many"]), (&counts, &[&"many"])]);
    // It is the same query.
    kept &= verdict("raw counts, 1,000,000 tasks", "todo_task_counts", plain, function, Some(0.95));

    let found = prepare(client, "SELECT * FROM todo_filter_tasks($1, search => 'ZANZI')");
    let ilike = prepare(
        client,
        "SELECT * FROM tasks WHERE user_id = $1 AND (title ILIKE '%zanzi%' OR description ILIKE '%zanzi%') ORDER BY created_at DESC LIMIT 50",
    );
    let [plain, function] = medians(client, 3, [(&ilike, &[&"many"]), (&found, &[&"many"])]);
    verdict("ILIKE, 1,000,000 tasks", "search without an index", plain, function, None);
    client
        .batch_execute(
            "CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description)); ANALYZE tasks",
        )
        .expect("an index");
    let [plain, function] = medians(client, 5, [(&ilike, &[&"many"]), (&found, &[&"many"])]);
    kept &= verdict("ILIKE, 1,000,000 tasks", "search with its index", plain, function, Some(50.0));
    client
        .batch_execute("DROP INDEX ix_tasks_search, tasks_user_id_updated_at_id_idx, tasks_user_id_title_id_idx")
        .expect("dropped");

    kept &= bulk(client);
    kept &= deletion(client);
    let _ = client;
    connect("postgres").batch_execute("DROP DATABASE lists WITH (FORCE)").expect("dropped");
    kept
}

fn prepare(client: &mut Client, query: &str) -> Statement {
    client.prepare(query).unwrap_or_else(|e| panic!("{query}: {e}"))
}

/// Makes the calls in turn, and returns the median time of each in microseconds.
fn medians<const N: usize>(
    client: &mut Client,
    calls: usize,
    work: [(&Statement, &[&(dyn ToSql + Sync)]); N],
) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    // The first calls make plans and fill caches.
    let warm_up = 10.min(calls);
    for call in 0..calls + warm_up {
        for (place, (statement, arguments)) in work.iter().enumerate() {
            let start = Instant::now();
            client.query(*statement, arguments).expect("rows");
            if call >= warm_up {
                times[place].push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    times.map(median)
}

/// Against the user with 20 tasks.
fn first_page(client: &mut Client, name: &str, query: &str) -> bool {
    let statement = prepare(client, query);
    let calls = |user| -> (&Statement, &[&(dyn ToSql + Sync)]) { (&statement, user) };
    let [few, others @ ..] =
        medians(client, 500, [calls(&[&"few"]), calls(&[&"many"]), calls(&[&"old"]), calls(&[&"none"])]);
    let mut kept = true;
    for (user, time) in ["1,000,000 tasks", "the oldest tasks", "no tasks"].into_iter().zip(others) {
        kept &= verdict(&format!("{name}: 20 tasks"), user, few, time, Some(0.8));
    }
    kept
}

/// The thousandth page against the first.
fn later_page(client: &mut Client) -> bool {
    let cursor = "SELECT todo_task_cursor(task) FROM todo_filter_tasks('many', page_size => 1000, after => $1) AS task OFFSET 999";
    let mut after: Option<String> = None;
    for _ in 0..20 {
        after = client.query_one(cursor, &[&after]).expect("a page").get(0);
    }
    let page = prepare(client, "SELECT * FROM todo_filter_tasks('many', page_size => 20, after => $1)");
    let none: Option<String> = None;
    let [first, later] = medians(client, 500, [(&page, &[&none]), (&page, &[&after])]);
    verdict("page 1", "page 1,001 by cursor", first, later, Some(0.8))
}

/// 10,000 tasks by COPY, and in one call. Both are rolled back.
fn bulk(client: &mut Client) -> bool {
    let titles: Vec<String> = (0..BULK).map(|i| format!("Task {i} of many")).collect();
    let lines: String = titles.iter().map(|title| format!("bulk\t{title}\tSome words on it\n")).collect();
    let elements: Vec<String> = titles
        .iter()
        .map(|title| format!("{{\"title\": \"{title}\", \"description\": \"Some words on it\"}}"))
        .collect();
    let array = format!("[{}]", elements.join(", "));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..9 {
        let start = Instant::now();
        let mut transaction = client.transaction().expect("a transaction");
        let mut copy = transaction.copy_in("COPY tasks (user_id, title, description) FROM STDIN").expect("a COPY");
        copy.write_all(lines.as_bytes()).expect("rows");
        copy.finish().expect("rows");
        times[0].push(start.elapsed().as_secs_f64() * 1e6);
        transaction.rollback().expect("taken back");
        let start = Instant::now();
        let mut transaction = client.transaction().expect("a transaction");
        let created = "SELECT count(*) FROM todo_create_tasks('bulk', $1::text::jsonb)";
        let count: i64 = transaction.query_one(created, &[&array]).expect("tasks").get(0);
        assert_eq!(count as usize, BULK);
        times[1].push(start.elapsed().as_secs_f64() * 1e6);
        transaction.rollback().expect("taken back");
        client.batch_execute("VACUUM tasks").expect("a vacuum");
    }
    let [copy, call] = times.map(median);
    verdict("COPY of 10,000 tasks", "todo_create_tasks", copy, call, Some(0.8))
}

/// A user with a million tasks.
fn deletion(client: &mut Client) -> bool {
    client.batch_execute("CHECKPOINT").expect("a checkpoint");
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        let queries = ["DELETE FROM bare.users WHERE id = 'many'", "SELECT todo_delete_user('many')"];
        for (query, times) in queries.into_iter().zip(&mut times) {
            let start = Instant::now();
            client.batch_execute(&format!("BEGIN; {query}")).expect("deleted");
            times.push(start.elapsed().as_secs_f64() * 1e6);
            client.batch_execute("ROLLBACK").expect("taken back");
        }
    }
    let [raw, function] = times.map(median);
    verdict("raw DELETE, 1,000,000 tasks", "todo_delete_user", raw, function, Some(0.9))
}
