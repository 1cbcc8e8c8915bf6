//! `todo_task_stats` and `todo_completed_per_day`.

use postgres::Client;
use todo_tests::{Database, Failure, strings};

fn complete(client: &mut Client, user: &str, times: &[(&str, &str)]) {
    for (created, completed) in times {
        let insert = "INSERT INTO tasks (user_id, title, completed, created_at, completed_at)
                      VALUES ($1, 'Task', true, $2::text::timestamp, $3::text::timestamp)";
        client.execute(insert, &[&user, created, completed]).unwrap();
    }
}

fn per_day(client: &mut Client, user: &str, from: &str, to: &str, zone: &str) -> Vec<String> {
    let query = format!(
        "SELECT format('%s %s', to_char(day, 'MM-DD'), completed) FROM todo_completed_per_day('{user}', '{from}', '{to}', '{zone}')"
    );
    strings(client, &query)
}

#[test]
fn every_day_has_a_row() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    complete(
        client,
        "u1",
        &[
            ("2026-01-01", "2026-01-01 23:30"),
            ("2026-01-01", "2026-01-01 00:00"),
            ("2026-01-01", "2026-01-03 23:59:59.999999"),
        ],
    );
    complete(client, "u2", &[("2026-01-01", "2026-01-02")]);
    client
        .batch_execute("INSERT INTO tasks (user_id, title, created_at) VALUES ('u1', 'Pending', '2026-01-02')")
        .unwrap();
    assert_eq!(per_day(client, "u1", "2026-01-01", "2026-01-04", "UTC"), ["01-01 2", "01-02 0", "01-03 1", "01-04 0"]);
    assert_eq!(
        per_day(client, "u1", "2026-01-01", "2026-01-04", "Asia/Tokyo"),
        ["01-01 1", "01-02 1", "01-03 0", "01-04 1"]
    );
    assert_eq!(
        per_day(client, "u1", "2025-12-31", "2026-01-02", "America/Los_Angeles"),
        ["12-31 1", "01-01 1", "01-02 0"]
    );
    // These zones have the largest offsets.
    assert_eq!(per_day(client, "u1", "2026-01-02", "2026-01-02", "Pacific/Kiritimati"), ["01-02 1"]);
    assert_eq!(per_day(client, "u1", "2025-12-31", "2025-12-31", "Etc/GMT+12"), ["12-31 1"]);
    assert_eq!(per_day(client, "nobody", "2026-01-01", "2026-01-02", "UTC"), ["01-01 0", "01-02 0"]);
    assert_eq!(per_day(client, "u1", "2026-01-02", "2026-01-01", "UTC"), [""; 0]);
    assert_eq!(
        strings(
            client,
            "SELECT count(*)::text FROM todo_completed_per_day('u1', '2020-01-01', '2030-01-07') WHERE completed > 0"
        ),
        ["2"]
    );
    for (from, to, zone, code) in [
        ("2026-01-01", "2026-01-02", "Mars/Olympus", "22023"),
        ("-infinity", "2026-01-02", "UTC", "22008"),
        ("2026-01-01", "infinity", "UTC", "22008"),
        ("2020-01-01", "2030-01-08", "UTC", "22023"),
        ("0001-01-01", "9999-12-31", "UTC", "22023"),
    ] {
        let result =
            client.query(&format!("SELECT * FROM todo_completed_per_day('nobody', '{from}', '{to}', '{zone}')"), &[]);
        assert_eq!(Failure::of(result).code, code, "{from} {to} {zone}");
    }
}

/// Some days are longer or shorter than others, begin at one o'clock, begin twice, or do not exist in their zone.
#[test]
fn days_are_those_of_the_zone() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    // A task each half an hour of UTC.
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed, created_at, completed_at)
             SELECT 'u1', 'Task', true, d.day, d.day + n * interval '30 min'
             FROM unnest(ARRAY['2026-03-27', '2026-10-23', '2018-11-02', '2025-10-31', '2011-12-28']::timestamp[]) AS d (day),
                 generate_series(0, 48 * 5 - 1) AS n",
        )
        .unwrap();
    for (zone, from, to, expected) in [
        ("Europe/Berlin", "2026-03-28", "2026-03-30", ["03-28 48", "03-29 46", "03-30 48"]),
        ("Europe/Berlin", "2026-10-24", "2026-10-26", ["10-24 48", "10-25 50", "10-26 48"]),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-05", ["11-03 48", "11-04 46", "11-05 48"]),
        ("America/Havana", "2025-11-01", "2025-11-03", ["11-01 48", "11-02 50", "11-03 48"]),
        ("Pacific/Apia", "2011-12-29", "2011-12-31", ["12-29 48", "12-30 0", "12-31 48"]),
    ] {
        assert_eq!(per_day(client, "u1", from, to, zone), expected, "{zone}");
        for (day, line) in
            strings(client, &format!("SELECT day::text FROM generate_series(date '{from}', '{to}', '1 day') AS day"))
                .iter()
                .zip(expected)
        {
            assert_eq!(per_day(client, "u1", day, day, zone), [line], "{zone}, {day} alone");
        }
    }
}

#[test]
fn figures_of_a_user() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let stats = |client: &mut Client, user: &str, zone: &str| -> String {
        let query = format!(
            "SELECT concat_ws(' ', total, pending, completed, coalesce(completion_rate::text, '-'), coalesce(median_time::text, '-'),
                 coalesce(p90_time::text, '-'), longest_streak) FROM todo_task_stats('{user}', '{zone}')"
        );
        strings(client, &query).remove(0)
    };
    assert_eq!(stats(client, "nobody", "UTC"), "0 0 0 - - - 0");
    client.batch_execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'a'), ('u2', 'b')").unwrap();
    assert_eq!(stats(client, "u1", "UTC"), "1 1 0 0 - - 0");
    // Streaks of two days, of three, and of one, in UTC. In Tokyo the first two are one of four days.
    complete(
        client,
        "u1",
        &[
            ("2026-01-01 12:00", "2026-01-01 13:00"),
            ("2026-01-02 12:00", "2026-01-02 14:00"),
            ("2026-01-02 12:00", "2026-01-02 15:00"),
            ("2026-01-04 12:00", "2026-01-04 16:00"),
            ("2026-01-05 12:00", "2026-01-05 17:00"),
            ("2026-01-06 12:00", "2026-01-06 18:00"),
            ("2026-01-09 12:00", "2026-01-09 19:00"),
        ],
    );
    assert_eq!(stats(client, "u1", "UTC"), "8 1 7 0.875 04:00:00 06:24:00 3");
    assert_eq!(stats(client, "u1", "Asia/Tokyo"), "8 1 7 0.875 04:00:00 06:24:00 3");
    assert_eq!(Failure::of(client.query("SELECT * FROM todo_task_stats('u1', 'Mars')", &[])).code, "22023");
}

/// Ids are compared by the collation of the tables, not by that of the argument.
#[test]
fn ids_in_another_collation() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    complete(client, "u1", &[("2026-01-01", "2026-01-02")]);
    client
        .batch_execute("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
        .unwrap();
    for (id, tasks) in [("u1", "1"), ("U1", "0")] {
        let id = format!("'{id}' COLLATE loose");
        assert_eq!(strings(client, &format!("SELECT total::text FROM todo_task_stats({id})")), [tasks]);
        let days = format!("SELECT sum(completed)::text FROM todo_completed_per_day({id}, '2026-01-01', '2026-01-03')");
        assert_eq!(strings(client, &days), [tasks]);
        assert_eq!(strings(client, &format!("SELECT count(todo_export_user({id}))::text")), [tasks]);
        let page = format!("SELECT count(*)::text FROM todo_filter_tasks({id}, search => 'task' COLLATE loose)");
        assert_eq!(strings(client, &page), [tasks]);
    }
    let created = "SELECT title FROM todo_create_tasks('u1' COLLATE loose, '[{\"title\": \"new\", \"created_at\": \"2026-01-01\"}]')";
    assert_eq!(strings(client, created), ["new"]);
    let imported = "SELECT title FROM todo_import_tasks('u2' COLLATE loose, todo_export_user('u1')) ORDER BY title";
    assert_eq!(strings(client, imported), ["Task", "new"]);
}

/// A zone may also be an offset as in POSIX. PostgreSQL accepts up to a week.
#[test]
fn zones_in_hours() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    complete(client, "u1", &[("2026-01-01", "2026-01-10 12:00")]);
    assert_eq!(per_day(client, "u1", "2026-01-06", "2026-01-06", "XXX+100"), ["01-06 1"]);
}
