//! `todo-admin shards move`: databases move to other servers while applications write.

use postgres::{Client, Config, NoTls};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use todo_tests::attack::outcome;
use todo_tests::relocation::{assert_nothing_is_left, begin, begin_with, copied, fill, start, tasks, with_trust};
use todo_tests::shards::shard_of;
use todo_tests::waiting::until;
use todo_tests::writers::under_load;
use todo_tests::{Database, strings};

#[test]
fn a_database_moves_and_its_old_place_is_read_only() {
    let cluster = start("shard-move", 3);
    let users = fill(&cluster, 40);
    // Something that dumps of members leave out, settings and rights of the database itself, and a table of the application.
    cluster
        .connect(1)
        .batch_execute(
            "CREATE INDEX tasks_title ON tasks (title); CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
             INSERT INTO notes (note) VALUES ('a'), ('b'); CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS notes FROM notes;
             ALTER DATABASE todo_1 SET search_path = public, pg_catalog; ALTER DATABASE todo_1 SET role = app;
             COMMENT ON DATABASE todo_1 IS 'Users'; ALTER ROLE app IN DATABASE todo_1 SET work_mem = '5MB';
             REVOKE CONNECT ON DATABASE todo_1 FROM PUBLIC; GRANT CONNECT ON DATABASE todo_1 TO app; GRANT SELECT, INSERT ON notes TO app",
        )
        .unwrap();
    for server in &cluster.servers {
        server.connect("postgres").batch_execute("CREATE ROLE one LOGIN").unwrap();
    }
    cluster.ok(&with_trust(&["grant", "one", "--isolated"]));
    cluster.server("a").connect("postgres").batch_execute("GRANT CONNECT ON DATABASE todo_1 TO one").unwrap();
    let before = tasks(&cluster, &users);
    let id: i64 = cluster.connect(1).query_one("SELECT last_value FROM tasks_id_seq", &[]).unwrap().get(0);

    let mut snapshots = BTreeMap::new();
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let mut client = cluster.server("a").connect_as("todo_1", "app");
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM tasks")).unwrap();
        snapshots.insert(level, client);
    }
    let said = cluster.ok(&with_trust(&["move", "todo_1", "--to", "c"]));
    assert!(said.contains("all rows are the same"), "{said}");
    assert_eq!(cluster.places()[1], ("todo_1".to_owned(), "c".to_owned()));
    assert_eq!(tasks(&cluster, &users), before);
    assert_nothing_is_left(&cluster);
    // All of that has moved: sequences, settings, rights, and the rows of a materialized view.
    let mut moved = cluster.connect(1);
    moved.batch_execute("SET ROLE NONE").unwrap();
    assert_eq!(moved.query_one("SELECT last_value FROM tasks_id_seq", &[]).unwrap().get::<_, i64>(0), id);
    assert_eq!(strings(&mut moved, "SELECT indexname::text FROM pg_indexes WHERE indexname = 'tasks_title'").len(), 1);
    assert_eq!(strings(&mut moved, "SHOW search_path"), ["public, pg_catalog"]);
    assert_eq!(strings(&mut moved, "SELECT notes::text FROM totals"), ["2"]);
    assert_eq!(strings(&mut moved, "INSERT INTO notes (note) VALUES ('c') RETURNING id::text"), ["3"]);
    let rights = "SELECT concat(nullif(a.grantee, 0)::regrole, ' ', a.privilege_type) FROM pg_database AS d, aclexplode(d.datacl) AS a
                  WHERE d.datname = 'todo_1' ORDER BY 1";
    assert_eq!(strings(&mut moved, rights), strings(&mut cluster.server("a").connect("todo_1"), rights));
    let mut app = cluster.server("c").connect_as("todo_1", "app");
    assert_eq!(strings(&mut app, "SHOW work_mem"), ["5MB"]);
    let user = users.iter().find(|user| shard_of(&mut moved, user, 4) == 1).unwrap();
    assert_eq!(app.query("SELECT * FROM todo_list_tasks($1)", &[user]).unwrap().len(), 3);
    drop((moved, app));
    assert_eq!(cluster.run(&with_trust(&["doctor"])).code, 0);

    let mut one = cluster.server("c").connect_as("todo_1", "one");
    one.batch_execute(&format!("SET role = one; SET todo.user_id = '{user}'")).unwrap();
    assert_eq!(strings(&mut one, "SELECT DISTINCT user_id::text FROM tasks"), [user.as_str()]);
    drop(one);
    let comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'todo_1'";
    assert_eq!(strings(&mut cluster.server("c").connect("postgres"), comment), ["Users"]);

    // The old database can be read, but nobody can write to it.
    let mut old = cluster.server("a").connect("todo_1");
    old.batch_execute("SET ROLE NONE").unwrap();
    assert_eq!(old.query("SELECT * FROM todo_list_tasks($1)", &[user]).unwrap().len(), 3);
    for write in [
        "SELECT todo_create_task('user-1', 'x')".to_owned(),
        format!("SELECT todo_toggle_task(min(id), user_id) FROM tasks WHERE user_id = '{user}' GROUP BY user_id"),
        "DELETE FROM users".to_owned(),
        "SET session_replication_role = replica; UPDATE tasks SET title = 'y'".to_owned(),
        "TRUNCATE notes".to_owned(),
        "COPY notes FROM PROGRAM 'true'".to_owned(),
    ] {
        let error = old.batch_execute(&write).expect_err(&write);
        assert_eq!(error.code().unwrap().code(), "25006", "{write}");
    }
    // Transactions whose snapshot is older than the move cannot write either.
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let begun = snapshots.remove(level).unwrap();
        let mut client = begun;
        let error = client.batch_execute("INSERT INTO notes (note) VALUES ('late')").expect_err(level);
        assert_eq!(error.code().unwrap().code(), "25006", "{level}");
    }
    // Run again, the command has nothing to do. A move back is possible only when the old database has been dropped.
    assert!(cluster.ok(&with_trust(&["move", "todo_1", "--to", "c"])).contains("already there"));
    assert_eq!(cluster.run(&with_trust(&["move", "todo_1", "--to", "c", "--cancel"])).code, 1);
    let back = cluster.run(&with_trust(&["move", "todo_1", "--to", "a"]));
    assert_eq!(back.code, 1);
    assert!(back.err.contains("there is already a database todo_1 on a"), "{}", back.err);
    drop(old);
    cluster.server("a").connect("postgres").batch_execute("DROP DATABASE todo_1").unwrap();
    cluster.ok(&with_trust(&["move", "todo_1", "--to", "a"]));
    assert_eq!(tasks(&cluster, &users), before);
    assert_nothing_is_left(&cluster);
}

#[test]
fn what_cannot_be_copied_is_refused() {
    let cluster = start("shard-refused", 2);
    let refused = |told: &str| {
        let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b"]));
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(said.err.contains(told), "{told}: {}", said.err);
        let databases = "SELECT datname::text FROM pg_database WHERE datname = 'todo_0'";
        assert_eq!(strings(&mut cluster.server("b").connect("postgres"), databases), Vec::<String>::new(), "{told}");
        assert_nothing_is_left(&cluster);
    };
    for (make, unmake, told) in [
        ("CREATE TABLE t (i int)", "DROP TABLE t", "table t has no replica identity"),
        ("CREATE UNLOGGED TABLE t (i int PRIMARY KEY)", "DROP TABLE t", "table t is unlogged"),
        ("SELECT lo_create(1)", "SELECT lo_unlink(1)", "large objects"),
        (
            "CREATE ROLE mine; CREATE TABLE t (i int PRIMARY KEY); ALTER TABLE t OWNER TO mine",
            "DROP TABLE t; DROP ROLE mine",
            "mine",
        ),
        (
            "CREATE ROLE here; GRANT SELECT ON tasks TO here",
            "DROP OWNED BY here; DROP ROLE here",
            "lacks roles of the database: here",
        ),
        (
            "CREATE ROLE here; GRANT CONNECT ON DATABASE todo_0 TO here",
            "DROP OWNED BY here; DROP ROLE here",
            "lacks roles",
        ),
    ] {
        let mut source = cluster.connect(0);
        source.batch_execute(make).unwrap();
        refused(told);
        source.batch_execute(unmake).unwrap();
    }
    let mut another = cluster.connect(0);
    another.batch_execute(include_str!("../../sql/admin/copy_lock.sql")).unwrap();
    refused("another todo-admin");
    drop(another);
    // If a transaction stays open, the move gives up. Writes go on in the original, and the copy is kept for the next attempt.
    let mut source = cluster.connect(0);
    source.batch_execute("INSERT INTO users (id, email, name) VALUES ('u', 'u@b.cd', 'X')").unwrap();
    let mut open = source.transaction().unwrap();
    open.batch_execute("LOCK TABLE users IN ROW EXCLUSIVE MODE").unwrap();
    let mut command = cluster.command(&with_trust(&["move", "todo_0", "--to", "b"]));
    let failed = todo_tests::said(command.env("PGOPTIONS", "-c lock_timeout=20ms"), "");
    assert!(
        failed.code == 1 && failed.err.contains("transactions that have been open for a long time"),
        "{}",
        failed.err
    );
    open.commit().unwrap();
    source.batch_execute("UPDATE users SET name = 'Z'").unwrap();
    drop(source);
    let begun = cluster.run(&with_trust(&["move", "todo_1", "--to", "a"]));
    assert!(begun.code == 0 && begun.out.contains("already there"), "{}", begun.err);
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    let nothing = cluster.run(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert!(nothing.code == 1 && nothing.err.contains("has been started"), "{}", nothing.err);
    assert_nothing_is_left(&cluster);

    // The other server cannot read from the first one.
    let set = |setting: &str| {
        cluster.server("a").connect("postgres").batch_execute(&format!("ALTER SYSTEM SET {setting}")).unwrap();
        cluster.server("a").restart(&[]);
    };
    set("max_wal_senders = 0");
    refused("max_wal_senders");
    set("wal_level = replica");
    refused("wal_level is replica");
    cluster.connect(0).batch_execute("DELETE FROM users").unwrap();
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && said.err.contains("wal_level is replica"), "{}", said.err);
    assert_eq!(cluster.places().len(), 4);

    for (arguments, told) in [
        (["move", "nowhere", "--to", "b"].as_slice(), "no shard is in a database nowhere"),
        (&["move", "todo_0", "--to", "nowhere"], "there is no server nowhere"),
    ] {
        let said = cluster.run(arguments);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(told), "{}", said.err);
    }
}

/// A step of a move at which it is killed.
struct Stop {
    /// A query that is true when the step has been reached, in this database of server b.
    at: &'static str,
    database: &'static str,
}

/// Whenever a command is killed, the copy that it has made can be connected to, so that the next command can go on with it or drop it.
#[test]
fn a_copy_can_be_connected_to_from_its_beginning() {
    let cluster = start("shard-connect", 2);
    fill(&cluster, 10);
    let (stop, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut config = Config::new();
            let mut client =
                config.host(cluster.server("b").host()).user("postgres").dbname("postgres").connect(NoTls).unwrap();
            let closed = "SELECT count(*) > 0 FROM pg_database WHERE datname = 'todo_0' AND NOT datallowconn";
            let closed = client.prepare(closed).unwrap();
            let deadline = Instant::now() + Duration::from_secs(120);
            while !stop.load(Ordering::Relaxed) && Instant::now() < deadline {
                seen.fetch_add(
                    usize::from(client.query_one(&closed, &[]).unwrap().get::<_, bool>(0)),
                    Ordering::Relaxed,
                );
            }
        });
        for _ in 0..5 {
            begin(&cluster);
            cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(seen.into_inner(), 0);
}

/// A move that is killed at several moments can be run again, and goes on.
#[test]
fn a_move_that_is_killed_goes_on() {
    let cluster = start("shard-killed", 2);
    let users = fill(&cluster, 30);
    cluster
        .connect(0)
        .batch_execute(
            "INSERT INTO tasks (user_id, title) SELECT (SELECT min(id) FROM users), 'x' FROM generate_series(1, 30000)",
        )
        .unwrap();
    let before = tasks(&cluster, &users);
    for stop in [
        Stop { at: "SELECT count(*) > 0 FROM pg_database WHERE datname = 'todo_0'", database: "postgres" },
        Stop { at: "SELECT count(*) > 0 FROM pg_class WHERE relname = 'tasks'", database: "todo_0" },
        Stop { at: "SELECT count(*) > 0 FROM pg_subscription", database: "todo_0" },
        Stop { at: "SELECT count(*) > 0 FROM tasks", database: "todo_0" },
    ] {
        let mut child = cluster.command(&with_trust(&["move", "todo_0", "--to", "b"])).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let reached = || {
            let mut config = Config::new();
            config.host(cluster.server("b").host()).user("postgres").dbname(stop.database);
            let Ok(mut client) = config.connect(NoTls) else { return false };
            client.query_one(stop.at, &[]).is_ok_and(|row| row.get(0))
        };
        while !reached() {
            assert!(Instant::now() < deadline, "{}", stop.at);
            assert!(child.try_wait().unwrap().is_none(), "it ended before: {}", stop.at);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(cluster.places()[0].1, "a");
        // Rules apply and writes go on in the original.
        let orphan = "INSERT INTO tasks (user_id, title) VALUES ('nobody', 'later')";
        assert_eq!(outcome(&mut cluster.connect(0), orphan), "23503");
        cluster.connect(0).batch_execute("UPDATE tasks SET title = 'x' WHERE id = 1").unwrap();
    }
    // The move can be cancelled.
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert_nothing_is_left(&cluster);
    begin(&cluster);
    // The state after a kill just when the original has become read-only.
    let fence = include_str!("../../sql/admin/fence_raise.sql");
    cluster.connect(0).batch_execute(fence).unwrap();
    let before = {
        let now = tasks(&cluster, &users);
        assert_eq!(now.len(), before.len());
        now
    };
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("already been moved"), "{}", said.err);
    let said = cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.contains("going on with the copy"), "{said}");
    assert_eq!((cluster.places()[0].1.as_str(), tasks(&cluster, &users)), ("b", before));
    assert_nothing_is_left(&cluster);
}

/// The process that reads from the original may end just before todo-admin ends it. PostgreSQL's warning is not shown then.
#[test]
fn a_reader_that_has_ended_is_not_worth_a_warning() {
    let database = Database::empty();
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    let mut client = database
        .config()
        .notice_callback(move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
        })
        .connect(NoTls)
        .unwrap();
    let mut ended = Command::new("true").spawn().unwrap();
    ended.wait().unwrap();
    let mut end = |query: &str| -> bool { client.query_one(query, &[&(ended.id() as i32)]).unwrap().get(0) };
    assert!(!end("SELECT pg_terminate_backend($1)"));
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert!(!end(include_str!("../../sql/admin/copy_reader_end.sql")));
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(client.query_one("SHOW client_min_messages", &[]).unwrap().get::<_, String>(0), "notice");
}

/// Ctrl-C while the beginning of a copy waits for a transaction that has written.
#[test]
fn a_beginning_that_is_interrupted_leaves_nothing() {
    let cluster = start("shard-interrupted", 2);
    fill(&cluster, 1);
    let mut other = cluster.connect(0);
    other.batch_execute("BEGIN; UPDATE tasks SET title = 'x'").unwrap();
    let mut command = cluster.command(&with_trust(&["move", "todo_0", "--to", "b"]));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waits =
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'todo-admin' AND wait_event_type = 'Lock'";
    until(&mut cluster.connect(0), waits, || assert!(child.try_wait().unwrap().is_none()));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert_nothing_is_left(&cluster);
    let copies = "SELECT datname::text FROM pg_database WHERE datname ~ '^todo_(0|copy)'";
    assert_eq!(strings(&mut cluster.server("b").connect("postgres"), copies), [""; 0]);
    other.batch_execute("COMMIT").unwrap();
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
}

/// A move fails if definitions or rights in the original have changed since the copy was made, because the copy lacks these changes.
#[test]
fn what_is_defined_meanwhile_is_not_lost() {
    let cluster = start("shard-defined", 2);
    fill(&cluster, 10);
    cluster.connect(0).batch_execute("CREATE TABLE notes (id int PRIMARY KEY); GRANT SELECT ON notes TO app").unwrap();
    for change in [
        "REVOKE SELECT ON notes FROM app",
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
        "CREATE INDEX ON tasks (title)",
        "ALTER TABLE notes ADD COLUMN t text",
        "ALTER SEQUENCE tasks_id_seq INCREMENT 10",
        "ALTER DATABASE todo_0 SET work_mem = '5MB'",
        "CREATE VIEW pending AS SELECT title FROM tasks WHERE NOT completed",
        "REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC",
        "REVOKE USAGE ON TYPE notes FROM PUBLIC",
        "COMMENT ON SCHEMA public IS 'other'",
    ] {
        begin(&cluster);
        cluster.connect(0).batch_execute(change).unwrap();
        let option: &[&str] = if change.starts_with("CREATE") { &["--compare-ahead"] } else { &[] };
        let said = cluster.run(&with_trust(&[&["move", "todo_0", "--to", "b"], option].concat()));
        assert!(said.code == 1 && said.err.contains("have changed since it was copied"), "{change}: {}", said.err);
        cluster.connect(0).batch_execute("UPDATE tasks SET title = 'goes on'").unwrap();
        cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    }
    // Temporary tables, and commands that only change how rows are stored, do not count.
    begin(&cluster);
    for change in
        ["CREATE TEMPORARY TABLE t (i serial PRIMARY KEY)", "VACUUM FULL tasks", "REINDEX TABLE users", "ANALYZE"]
    {
        cluster.connect(0).batch_execute(change).unwrap();
    }
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert_nothing_is_left(&cluster);
}

/// A copy that differs in one row does not replace the original.
#[test]
fn a_copy_that_differs_is_not_used() {
    let cluster = start("shard-differs", 2);
    let users = fill(&cluster, 30);
    cluster
        .connect(0)
        .batch_execute("CREATE TABLE a (t int PRIMARY KEY, secret text); INSERT INTO a VALUES (1, 'a')")
        .unwrap();
    let before = tasks(&cluster, &users);
    begin(&cluster);
    let mut copy = copied(&cluster, "todo_0", "b");
    copy.batch_execute("UPDATE tasks SET title = 'other' WHERE id = (SELECT min(id) FROM tasks)").unwrap();
    for option in [&[] as &[&str], &["--compare-ahead"]] {
        let said = cluster.run(&with_trust(&[&["move", "todo_0", "--to", "b"], option].concat()));
        assert!(said.code == 1 && said.err.contains("table public.tasks differs"), "{}{}", said.out, said.err);
        assert_eq!((cluster.places()[0].1.as_str(), tasks(&cluster, &users)), ("a", before.clone()));
        // Writes go on.
        cluster.connect(0).batch_execute("UPDATE users SET name = 'Y'").unwrap();
    }
    copy.batch_execute("UPDATE a SET secret = 'b'").unwrap();
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.code == 1 && said.err.contains("table public.a differs"), "{}{}", said.out, said.err);
    drop(copy);
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--compare-ahead"]));
    assert_eq!((cluster.places()[0].1.as_str(), tasks(&cluster, &users)), ("b", before));
    assert_nothing_is_left(&cluster);
}

#[test]
fn no_acknowledged_write_is_lost() {
    let cluster = start("shard-load", 3);
    let users = fill(&cluster, 60);
    let four: Vec<String> = {
        // Two on the shard that moves, and two on others.
        let mut client = cluster.connect(0);
        let on = |client: &mut Client, number| -> Vec<String> {
            users.iter().filter(|user| shard_of(client, user, 4) == number).take(2).cloned().collect()
        };
        [on(&mut client, 0), on(&mut client, 2)].concat()
    };
    let writers = under_load(&cluster, &four, || {
        cluster.ok(&with_trust(&["move", "todo_0", "--to", "c"]));
    });
    // Writers on the other shard have noticed nothing.
    assert!(writers[..2].iter().all(|writer| writer.refused > 0));
    assert!(writers[2..].iter().all(|writer| writer.refused == 0));
    println!("move: writers waited at most {:?}", writers.iter().map(|writer| writer.longest).collect::<Vec<_>>());
    assert_nothing_is_left(&cluster);

    let before = tasks(&cluster, &users);
    let still: Vec<String> = users.iter().filter(|user| !four.contains(user)).cloned().collect();
    let writers = under_load(&cluster, &four, || {
        cluster.ok(&with_trust(&["split", "--compare-ahead"]));
    });
    assert!(writers.iter().all(|writer| writer.refused > 0));
    println!("split: writers waited at most {:?}", writers.iter().map(|writer| writer.longest).collect::<Vec<_>>());
    let places = cluster.places();
    let names: Vec<&str> = places.iter().map(|(database, _)| database.as_str()).collect();
    assert_eq!(names, ["todo_0", "todo_1", "todo_2", "todo_3", "todo_4", "todo_5", "todo_6", "todo_7"]);
    assert_eq!(places[4].1, "c");
    let after = tasks(&cluster, &still);
    assert_eq!(after, before.into_iter().filter(|(user, _)| still.contains(user)).collect());
    assert_nothing_is_left(&cluster);
    // Each user is in one database, and the number of users is what it was.
    let doctor = cluster.run(&with_trust(&["doctor"]));
    assert_eq!(doctor.code, 0, "{}", doctor.out);
    let total: usize = (0..8).map(|n| strings(&mut cluster.connect(n), "SELECT id FROM users").len()).sum();
    assert_eq!(total, users.len());
    // An application with an old list cannot create a user where it is no longer looked for.
    let mut client = cluster.connect(0);
    let id = (0..).map(|n| format!("late-{n}")).find(|id| shard_of(&mut client, id, 8) == 4).unwrap();
    let error = client.execute("SELECT todo_create_user('late@b.cd', 'X', 'long enough', $1)", &[&id]).unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006");
}

/// A move waits for transactions that have run DDL in the original, and notices what they have changed. After the move, DDL is refused.
#[test]
fn commands_that_are_open_are_not_lost() {
    let cluster = start("shard-open", 2);
    fill(&cluster, 10);
    for command in [
        "CREATE TABLE late (i int PRIMARY KEY); INSERT INTO late VALUES (1)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "REVOKE CONNECT ON DATABASE todo_0 FROM PUBLIC",
        "ALTER DATABASE todo_0 SET work_mem = '6MB'",
    ] {
        begin(&cluster);
        // The initial copy of a table would wait for the transaction.
        drop(copied(&cluster, "todo_0", "b"));
        let mut other = cluster.connect(0);
        other.batch_execute(&format!("BEGIN; {command}")).unwrap();
        let move_on = ["move", "todo_0", "--to", "b"];
        let said = std::thread::scope(|scope| {
            let moving = scope.spawn(|| cluster.run(&with_trust(&move_on)));
            // Wait until the move waits, or has ended.
            let deadline = Instant::now() + Duration::from_secs(60);
            let waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = 'todo-admin'";
            let mut watching = cluster.connect(0);
            while !moving.is_finished() && !watching.query_one(waits, &[]).unwrap().get::<_, bool>(0) {
                assert!(Instant::now() < deadline);
            }
            other.batch_execute("COMMIT").unwrap();
            moving.join().unwrap()
        });
        assert!(said.code == 1 && said.err.contains("have changed since it was copied"), "{command}: {}", said.err);
        cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
        drop(other);
    }
    cluster.connect(0).batch_execute("CREATE SEQUENCE own; CREATE TABLE here (i int PRIMARY KEY)").unwrap();
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    let mut old = cluster.server("a").connect("todo_0");
    for command in [
        "CREATE TABLE t (i int)",
        "CREATE TABLE t AS SELECT 1 AS i",
        "ALTER TABLE tasks DISABLE TRIGGER todo_fence",
        "ALTER TABLE here ADD COLUMN t text",
        "DROP TABLE here",
        "ALTER FUNCTION todo_fence.refuse() RENAME TO pass",
    ] {
        assert_eq!(outcome(&mut old, command), "25006", "{command}");
    }
    assert_nothing_is_left(&cluster);
}

/// Only one copy can be made at a time, and the remains of one whose server was down can be removed.
#[test]
fn copies_do_not_mix() {
    let cluster = start("shard-copies", 3);
    let users = fill(&cluster, 20);
    let before = tasks(&cluster, &users);
    begin(&cluster);
    for arguments in [&["move", "todo_0", "--to", "c"] as &[&str], &["split"]] {
        let said = cluster.run(&with_trust(arguments));
        assert!(said.code == 1 && said.err.contains("move todo_0 --to b"), "{}", said.err);
    }
    assert_eq!(cluster.places().len(), 4);
    cluster.server("b").halt();
    // Doctor reports the slot that nothing reads.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut found = cluster.list();
        found["shards"] = serde_json::json!([found["shards"][0]]);
        let one = cluster.dir.join("one.json");
        std::fs::write(&one, found.to_string()).unwrap();
        let doctor = cluster.run(&with_trust(&["--file", one.to_str().unwrap(), "doctor"]));
        if doctor.out.contains("does not read the changes") {
            break;
        }
        assert!(Instant::now() < deadline, "{}", doctor.out);
    }
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert!(said.code == 0 && said.err.contains("run the command again"), "{}", said.err);
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "c"]));
    cluster.server("b").resume();
    assert_eq!(tasks(&cluster, &users), before);
    // The old copy must not go on reading from the original.
    cluster.connect(0).batch_execute("UPDATE tasks SET title = 'new' WHERE id = 1").unwrap();
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.code == 1 && said.err.contains("already a database todo_0"), "{}", said.err);
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert_nothing_is_left(&cluster);

    // The copy has been dropped by hand.
    begin_with(&cluster, &["move", "todo_1", "--to", "c"], "c");
    cluster
        .server("c")
        .connect("todo_1")
        .batch_execute("ALTER SUBSCRIPTION todo_copy DISABLE; ALTER SUBSCRIPTION todo_copy SET (slot_name = NONE); DROP SUBSCRIPTION todo_copy")
        .unwrap();
    cluster.server("c").connect("postgres").batch_execute("DROP DATABASE todo_1 WITH (FORCE)").unwrap();
    cluster.ok(&with_trust(&["move", "todo_1", "--to", "c", "--cancel"]));
    assert_nothing_is_left(&cluster);
}
