//! Logical replication to another server: rows arrive as they were published, and the subscriber can take over.

use postgres::Client;
use std::time::{Duration, Instant};
use todo_tests::passwords::logs_in;
use todo_tests::{Edition, Failure, Server, rows, strings, task};

/// A server that can publish and subscribe, with the edition in its database `app`.
fn start() -> (Server, Client) {
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    postgres.batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
    drop(postgres);
    server.restart(&[]);
    server.connect("postgres").batch_execute("CREATE DATABASE app").unwrap();
    let mut client = server.connect("app");
    client.batch_execute(&Edition::current().install("app")).unwrap();
    (server, client)
}

/// Waits until the subscriber has all that was published so far.
fn catch_up(publisher: &mut Client, subscriber: &mut Client) {
    let written = strings(publisher, "SELECT pg_current_wal_lsn()::text").remove(0);
    let confirmed =
        format!("SELECT coalesce(bool_and(confirmed_flush_lsn >= '{written}'), false)::text FROM pg_replication_slots");
    let copied = "SELECT (count(*) = 2 AND bool_and(srsubstate = 'r'))::text FROM pg_subscription_rel";
    let deadline = Instant::now() + Duration::from_secs(60);
    while strings(subscriber, copied) != ["true"] || strings(publisher, &confirmed) != ["true"] {
        assert!(Instant::now() < deadline, "the subscriber does not catch up");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Tasks change, each in a transaction of its own, with times that the statement sets or leaves.
const RANDOM_CHANGES: &str = "
    DO $$
    BEGIN
        FOR i IN 1..500 LOOP
            UPDATE tasks
            SET title = CASE WHEN random() < 0.5 THEN 'Changed ' || i ELSE title END,
                completed = random() < 0.5,
                created_at = CASE WHEN random() < 0.2 THEN created_at + random() * interval '1 year' ELSE created_at END,
                updated_at = CASE WHEN random() < 0.3 THEN updated_at + (random() - 0.5) * interval '1 year'
                    WHEN random() < 0.3 THEN now() ELSE updated_at END,
                completed_at = CASE WHEN random() < 0.3 THEN now() - random() * interval '5 years'
                    WHEN random() < 0.3 THEN completed_at END
            WHERE id = (SELECT id FROM tasks ORDER BY random() LIMIT 1);
            COMMIT;
        END LOOP;
    END $$";

#[test]
fn a_subscriber_has_the_rows_and_takes_over() {
    let (publisher, mut source) = start();
    let (_subscriber, mut target) = start();
    source
        .batch_execute(
            "SELECT todo_create_user('ada@example.com', 'Ada', 'long enough', user_id => 'u1');
             INSERT INTO users (id, email, name) VALUES ('u2', 'b@b.cd', 'B'), ('u3', 'c@b.cd', 'C');
             INSERT INTO tasks (user_id, title, completed, created_at, updated_at, completed_at)
             SELECT 'u' || i % 3 + 1, 'Task ' || i, i % 2 = 0, timestamp '2020-01-01' + i * interval '1.000001 s',
                 timestamp '2021-01-01' + i * interval '0.999999 s', CASE i % 2 WHEN 0 THEN timestamp '2020-06-01' END
             FROM generate_series(1, 100) AS i;
             CREATE PUBLICATION app FOR TABLE users, tasks",
        )
        .unwrap();
    // Ordinary triggers of the application on the subscriber, which do not fire for replicated rows.
    target
        .batch_execute(
            "SET TimeZone = 'Asia/Tokyo'; CREATE TABLE fired (on_table text);
             CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO public.fired VALUES (TG_TABLE_NAME); RETURN NEW; END';
             CREATE TRIGGER fired AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fired();
             CREATE TRIGGER fired AFTER INSERT OR UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION fired()",
        )
        .unwrap();
    let subscribe = format!(
        "CREATE SUBSCRIPTION app CONNECTION 'host={} dbname=app user=postgres' PUBLICATION app",
        publisher.host()
    );
    target.batch_execute(&subscribe).unwrap();
    catch_up(&mut source, &mut target);
    assert_eq!(rows(&mut target).len(), 103);
    assert_eq!(rows(&mut target), rows(&mut source), "copied");

    // The trigger of tasks also fires on the subscriber, and leaves rows that it has judged before as they are. That of users does not.
    source
        .batch_execute(
            "SELECT todo_toggle_task(1, 'u2'), todo_delete_task(2, 'u3'), todo_update_task(3, 'u1', title => ' Renamed ');
             SELECT todo_complete_all('u2'), todo_set_active('u1', false); SELECT todo_set_active('u1', true);
             SELECT todo_delete_user('u3'); SELECT todo_create_task('u1', 'New');
             SET TimeZone = 'America/New_York'; SELECT setseed(0.5)",
        )
        .unwrap();
    source.batch_execute(RANDOM_CHANGES).unwrap();
    source
        .batch_execute(
            "ALTER TABLE users DISABLE TRIGGER zz_todo_before_row; UPDATE users SET name = ' As it was ', updated_at = '2000-01-01' WHERE id = 'u2';
             ALTER TABLE users ENABLE TRIGGER zz_todo_before_row",
        )
        .unwrap();
    catch_up(&mut source, &mut target);
    let published = rows(&mut source);
    assert_eq!(rows(&mut target), published, "streamed");
    assert!(published[1].contains("\" As it was \"") && published[1].contains("2000-01-01"), "{published:?}");
    let changed = published.iter().filter(|row| row.contains("Changed")).count();
    assert!(changed > 30, "{changed} changed tasks");
    assert_eq!(strings(&mut target, "SELECT on_table FROM fired"), [""; 0]);

    // When the subscriber takes over, its sequence is behind, because sequences are not replicated.
    target.batch_execute("DROP SUBSCRIPTION app").unwrap();
    assert_eq!(Failure::of(target.batch_execute("SELECT todo_create_task('u1', 'x')")).code, "23505");
    let found = "SELECT name FROM todo_check() WHERE NOT ok";
    assert_eq!(strings(&mut target, found), ["sequence tasks_id_seq ahead of tasks"]);
    let fix = strings(&mut target, "SELECT fix FROM todo_check() WHERE NOT ok").remove(0);
    target.batch_execute(&fix).unwrap();
    assert_eq!(strings(&mut target, found), [""; 0]);
    let last: i32 = source.query_one("SELECT max(id) FROM tasks", &[]).unwrap().get(0);
    let new = task(&mut target, "SELECT * FROM todo_create_task('u1', ' x ')", &[]);
    assert_eq!((new.id, new.title.as_str()), (last + 1, "x"));
    assert!(logs_in(&mut target, "long enough"));
    target.batch_execute("UPDATE users SET name = ' Rules ' WHERE id = 'u2'").unwrap();
    assert_eq!(strings(&mut target, "SELECT name FROM users WHERE id = 'u2'"), ["Rules"]);
    assert_eq!(strings(&mut target, "SELECT DISTINCT on_table FROM fired ORDER BY 1"), ["tasks", "users"]);
}
