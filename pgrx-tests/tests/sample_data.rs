//! The specification's sample data and its seven query patterns, to the letter, in five time zones. The functions do the same.

use postgres::Client;
use todo_tests::{Database, PATTERNS, PATTERNS_BY_FUNCTION, SAMPLE_DATA, Task, Timestamp, tasks};

/// Zones: UTC, far from it in both directions, half an hour off, and with daylight saving time.
const TIME_ZONES: [&str; 5] = ["UTC", "Asia/Tokyo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

/// The statements of a file, without its comments.
fn statements(file: &str) -> Vec<&str> {
    let statements: Vec<&str> = file.split(';').map(str::trim).filter(|s| !s.is_empty()).collect();
    assert_eq!(statements.len(), 7);
    statements
}

/// Runs the seven patterns on fresh sample data. Returns the rows of each, and all tasks at the end.
fn run(client: &mut Client, patterns: &str) -> Vec<Vec<Task>> {
    client.batch_execute("TRUNCATE users, tasks RESTART IDENTITY").unwrap();
    client.batch_execute(SAMPLE_DATA).unwrap();
    let mut results: Vec<Vec<Task>> =
        statements(patterns).iter().map(|statement| tasks(client, statement, &[])).collect();
    results.push(tasks(client, "SELECT * FROM tasks ORDER BY id", &[]));
    results
}

fn utc_now(client: &mut Client) -> Timestamp {
    client.query_one("SELECT clock_timestamp() AT TIME ZONE 'UTC'", &[]).unwrap().get(0)
}

#[test]
fn patterns_and_functions_agree_and_store_utc_in_every_time_zone() {
    let mut database = Database::new();
    let client = &mut database.client;
    for zone in TIME_ZONES {
        client.batch_execute(&format!("SET TimeZone = '{zone}'")).unwrap();
        let before = utc_now(client);
        let by_sql = run(client, PATTERNS);
        let by_function = run(client, PATTERNS_BY_FUNCTION);
        let after = utc_now(client);

        for task in by_sql.iter().chain(&by_function).flatten() {
            for time in [Some(task.created_at), Some(task.updated_at), task.completed_at].into_iter().flatten() {
                assert!((before..=after).contains(&time), "{zone}: {task:?} is not between {before:?} and {after:?}");
            }
            assert_eq!(task.completed, task.completed_at.is_some(), "{zone}: {task:?}");
        }
        let users = client.query("SELECT created_at, updated_at FROM users", &[]).unwrap();
        assert_eq!(users.len(), 2);
        for (row, column) in users.iter().flat_map(|row| [(row, 0), (row, 1)]) {
            assert!((before..=after).contains(&row.get(column)), "{zone}: users");
        }

        // The same except for times, and for the order of tasks with equal times, which plain SQL leaves open.
        let shape = |results: &[Vec<Task>]| -> Vec<Vec<Task>> {
            let never = Timestamp(0);
            let timeless = |task: &Task| Task {
                created_at: never,
                updated_at: never,
                completed_at: task.completed_at.map(|_| never),
                ..task.clone()
            };
            let sorted = |rows: &Vec<Task>| {
                let mut rows: Vec<Task> = rows.iter().map(timeless).collect();
                rows.sort_by_key(|task| task.id);
                rows
            };
            results.iter().map(sorted).collect()
        };
        assert_eq!(shape(&by_sql), shape(&by_function), "{zone}");
        let counts: Vec<usize> = by_sql.iter().map(Vec::len).collect();
        assert_eq!(counts, [2, 2, 0, 1, 1, 1, 1, 3], "{zone}");
        let toggled = &by_sql[5][0];
        assert!(toggled.completed && toggled.completed_at == Some(toggled.updated_at), "{zone}: {toggled:?}");
    }
}

/// A time that is `NOW()` in the session's zone becomes UTC. Other times are stored as given.
#[test]
fn only_the_local_time_of_the_transaction_becomes_utc() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("SET TimeZone = 'Asia/Tokyo'").unwrap();
    let row = client
        .query_one(
            "INSERT INTO tasks (user_id, title, completed, created_at, updated_at, completed_at)
             VALUES ('u1', 'x', true, '2020-02-29 12:34:56.789012', now() AT TIME ZONE 'UTC', LOCALTIMESTAMP)
             RETURNING created_at = '2020-02-29 12:34:56.789012', updated_at = now() AT TIME ZONE 'UTC',
                 completed_at = now() AT TIME ZONE 'UTC'",
            &[],
        )
        .unwrap();
    assert_eq!([0, 1, 2].map(|i| row.get::<_, bool>(i)), [true; 3]);
    let row = client
        .query_one(
            "UPDATE users SET created_at = '2020-01-01', updated_at = now() WHERE id = 'u1'
             RETURNING created_at = '2020-01-01', updated_at = now() AT TIME ZONE 'UTC'",
            &[],
        )
        .unwrap();
    assert_eq!([0, 1].map(|i| row.get::<_, bool>(i)), [true; 2]);
}

/// A restore inserts stored rows with triggers enabled and an empty search_path. The triggers change nothing.
#[test]
fn stored_rows_go_through_the_triggers_unchanged() {
    let mut from = Database::new();
    let mut to = Database::new();
    from.client.batch_execute(SAMPLE_DATA).unwrap();
    from.client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at)
             SELECT 'user-123-abc', 'Task ' || i, repeat('é', i % 1001), i % 3 = 0,
                 timestamp '2026-03-29 00:00' + i * interval '17 minutes 3 microseconds',
                 timestamp '2026-03-30 00:00' + i * interval '19 minutes 7 microseconds',
                 CASE WHEN i % 6 = 0 THEN timestamp '2026-04-01' + i * interval '1 microsecond' END
             FROM generate_series(1, 2000) AS i",
        )
        .unwrap();
    to.client.batch_execute("SET search_path = ''; SET TimeZone = 'Australia/Lord_Howe'").unwrap();
    for table in ["users", "tasks"] {
        let mut rows = Vec::new();
        let mut reader = from.client.copy_out(&format!("COPY public.{table} TO STDOUT")).unwrap();
        std::io::copy(&mut reader, &mut rows).unwrap();
        drop(reader);
        let mut writer = to.client.copy_in(&format!("COPY public.{table} FROM STDIN")).unwrap();
        std::io::copy(&mut rows.as_slice(), &mut writer).unwrap();
        writer.finish().unwrap();
        let sum = format!("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM public.{table} AS t");
        let sums = [&mut from, &mut to].map(|database| {
            let row = database.client.query_one(&sum, &[]).unwrap();
            (row.get::<_, i64>(0), row.get::<_, String>(1))
        });
        assert_eq!(sums[0], sums[1], "{table}");
        assert!(sums[0].0 >= 2);
    }
}
