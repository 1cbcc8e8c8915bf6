//! `todo-admin shards move` and `split`: databases get other places and twice as many numbers, while applications write.

use postgres::{Client, Config, NoTls};
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, Instant};
use todo_tests::shards::{FOUR, Shards, shard_of};
use todo_tests::writers::under_load;
use todo_tests::{Edition, strings};

/// What a move needs besides: `wal_level`, and a superuser.
fn start(name: &str, servers: usize) -> Shards {
    let cluster = Shards::new(name, servers, &FOUR);
    for server in &cluster.servers {
        server.connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
        server.restart(&[]);
    }
    cluster.init();
    cluster.ok(&["grant", "app"]);
    cluster.write_for("postgres", &FOUR);
    cluster
}

/// The owner of the SQL edition is an ordinary role, which the operator has to trust.
fn with_trust<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let trust: &[&str] = if Edition::current() == Edition::Sql { &["--trust-owner=operator"] } else { &[] };
    [arguments, trust].concat()
}

/// Users on their shards, each with some tasks.
fn fill(cluster: &Shards, users: usize) -> Vec<String> {
    let modulus = cluster.places().len();
    let mut first = cluster.connect(0);
    let ids: Vec<String> = (0..users).map(|number| format!("user-{number}")).collect();
    for id in &ids {
        let number = shard_of(&mut first, id, modulus);
        let mut shard = cluster.connect(number);
        shard.execute("INSERT INTO users (id, email, name) VALUES ($1::text, $1 || '@b.cd', 'X')", &[id]).unwrap();
        let insert = "INSERT INTO tasks (user_id, title) SELECT $1, 'task ' || i FROM generate_series(1, 3) AS i";
        shard.execute(insert, &[id]).unwrap();
    }
    ids
}

/// A task: whether it is done, and when it was changed.
type State = (String, bool, String);

/// All tasks by their users, each from the shard where the hash says that it is.
fn tasks(cluster: &Shards, users: &[String]) -> BTreeMap<String, Vec<State>> {
    let modulus = cluster.places().len();
    let mut sessions: Vec<Client> = (0..modulus).map(|number| cluster.connect(number)).collect();
    let query = "SELECT title, completed, updated_at::text FROM tasks WHERE user_id = $1 ORDER BY id";
    users
        .iter()
        .map(|user| {
            let number = shard_of(&mut sessions[0], user, modulus);
            let rows = sessions[number].query(query, &[user]).unwrap();
            (user.clone(), rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
        })
        .collect()
}

/// Nothing is left of replication, on any server.
fn assert_nothing_is_left(cluster: &Shards) {
    for (database, server) in cluster.places() {
        let mut client = cluster.server(&server).connect(&database);
        let left = strings(
            &mut client,
            "SELECT 'subscription ' || subname FROM pg_subscription UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
             UNION ALL SELECT 'publication ' || pubname FROM pg_publication UNION ALL SELECT 'fence' FROM pg_namespace WHERE nspname = 'todo_fence'
             UNION ALL SELECT tgname::text FROM pg_trigger WHERE tgname LIKE '%todo_leaving%'
             UNION ALL SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE 'todo-admin%'",
        );
        assert_eq!(left, Vec::<String>::new(), "{database} on {server}");
    }
}

#[test]
fn a_database_moves_and_its_old_place_is_read_only() {
    let cluster = start("shard-move", 3);
    let users = fill(&cluster, 40);
    // What a dump of members leaves out, what belongs to the database itself, and a table of the application.
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
    // Sequences, what dumps leave out, settings, rights, and a view with rows.
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

    // The old one can be read, and is not written by anybody.
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
    // Again: there is nothing left to do. Back, once the old one is gone.
    // Nor by transactions whose snapshot is older than the move.
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let begun = snapshots.remove(level).unwrap();
        let mut client = begun;
        let error = client.batch_execute("INSERT INTO notes (note) VALUES ('late')").expect_err(level);
        assert_eq!(error.code().unwrap().code(), "25006", "{level}");
    }
    assert!(cluster.ok(&with_trust(&["move", "todo_1", "--to", "c"])).contains("there already"));
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
        ("CREATE ROLE here; GRANT SELECT ON tasks TO here", "DROP OWNED BY here; DROP ROLE here", "here"),
    ] {
        let mut source = cluster.connect(0);
        source.batch_execute(make).unwrap();
        refused(told);
        source.batch_execute(unmake).unwrap();
    }
    // Before writes are stopped, and not when nobody can write any more.
    cluster.connect(0).batch_execute("CREATE ROLE here; GRANT CONNECT ON DATABASE todo_0 TO here").unwrap();
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.code == 1 && said.err.contains("here"), "{}", said.err);
    cluster.connect(0).batch_execute("UPDATE users SET name = 'goes on'; DROP OWNED BY here; DROP ROLE here").unwrap();
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    let mut another = cluster.connect(0);
    another.batch_execute(include_str!("../../sql/admin/copy_lock.sql")).unwrap();
    refused("another todo-admin");
    drop(another);
    // A transaction that does not end: writes go on in the original, and the copy is kept for the next attempt.
    let mut source = cluster.connect(0);
    source.batch_execute("INSERT INTO users (id, email, name) VALUES ('u', 'u@b.cd', 'X')").unwrap();
    let mut open = source.transaction().unwrap();
    open.batch_execute("LOCK TABLE users IN ROW EXCLUSIVE MODE").unwrap();
    let mut command = cluster.command(&with_trust(&["move", "todo_0", "--to", "b"]));
    let failed = todo_tests::said(command.env("PGOPTIONS", "-c lock_timeout=20ms"), "");
    assert!(failed.code == 1 && failed.err.contains("transactions that have been open for long"), "{}", failed.err);
    open.commit().unwrap();
    source.batch_execute("UPDATE users SET name = 'Z'").unwrap();
    drop(source);
    let begun = cluster.run(&with_trust(&["move", "todo_1", "--to", "a"]));
    assert!(begun.code == 0 && begun.out.contains("there already"), "{}", begun.err);
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    let nothing = cluster.run(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert!(nothing.code == 1 && nothing.err.contains("there is no database todo_0"), "{}", nothing.err);
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

/// One step of a move or a split at which it is stopped.
struct Stop {
    /// What says that the step has been reached, in a shard or in the database `postgres` of server b.
    at: &'static str,
    database: &'static str,
}

/// Begins a move of the first shard to server b, and kills it when rows are being copied.
fn begin(cluster: &Shards) {
    let mut child = cluster.command(&with_trust(&["move", "todo_0", "--to", "b"])).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let subscribed = "SELECT count(*) > 0 FROM pg_subscription";
    while !cluster.server("b").connect("postgres").query_one(subscribed, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills a command at several moments, and runs it again.
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
        // Writes go on meanwhile.
        cluster
            .connect(0)
            .execute("INSERT INTO tasks (user_id, title) VALUES ($1, 'later')", &[&"nobody"])
            .unwrap_err();
        cluster.connect(0).batch_execute("UPDATE tasks SET title = 'x' WHERE id = 1").unwrap();
    }
    // It can be given up.
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert_nothing_is_left(&cluster);
    begin(&cluster);
    // The original becomes read-only, and nothing more happens: what a kill just then leaves.
    let fence = include_str!("../../sql/admin/fence_raise.sql");
    cluster.connect(0).batch_execute(fence).unwrap();
    let before = {
        let now = tasks(&cluster, &users);
        assert_eq!(now.len(), before.len());
        now
    };
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b", "--cancel"]));
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("moved already"), "{}", said.err);
    let said = cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.contains("going on with the copy"), "{said}");
    assert_eq!((cluster.places()[0].1.as_str(), tasks(&cluster, &users)), ("b", before));
    assert_nothing_is_left(&cluster);
}

/// What is defined after the copy was made would be missing in it, and what was taken from a role would be there.
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
    // Temporary tables, and what only stores things in another way, are no changes.
    begin(&cluster);
    for change in
        ["CREATE TEMPORARY TABLE t (i serial PRIMARY KEY)", "VACUUM FULL tasks", "REINDEX TABLE users", "ANALYZE"]
    {
        cluster.connect(0).batch_execute(change).unwrap();
    }
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert_nothing_is_left(&cluster);
}

/// A file that is older than a move or a split makes nobody drop what is in use.
#[test]
fn an_old_file_does_no_harm() {
    let cluster = start("shard-old-file", 2);
    let users = fill(&cluster, 30);
    let (old, before) = (std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap(), tasks(&cluster, &users));
    cluster.ok(&with_trust(&["move", "todo_0", "--to", "b"]));
    let moved = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.write_text(&old);
    for arguments in
        [&["move", "todo_0", "--to", "b"] as &[&str], &["move", "todo_0", "--to", "b", "--cancel"], &["split"]]
    {
        let said = cluster.run(&with_trust(arguments));
        assert_eq!(said.code, 1, "{arguments:?}: {}{}", said.out, said.err);
        cluster.write_text(&moved);
        assert_eq!(tasks(&cluster, &users), before);
        cluster.write_text(&old);
    }
    cluster.write_text(&moved);
    cluster.ok(&with_trust(&["split"]));
    let split = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.write_text(&moved);
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && said.err.contains("by its own word"), "{}", said.err);
    cluster.write_text(&split);
    assert_eq!(tasks(&cluster, &users), before);
    assert_nothing_is_left(&cluster);

    // A database that has been split, and then moved: the file of the split opens nothing again.
    cluster.ok(&with_trust(&["move", "todo_1", "--to", "b"]));
    let moved = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.write_text(&split);
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && said.err.contains("a copy has taken the place of todo_1"), "{}{}", said.out, said.err);
    let error = cluster.connect(1).batch_execute("DELETE FROM tasks").unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006");
    cluster.write_text(&moved);

    // Nor do two commands at once, nor a file that would get another owner.
    let lock = std::fs::File::open(&cluster.dir).unwrap();
    lock.lock().unwrap();
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "a"]));
    assert!(said.code == 1 && said.err.contains("another todo-admin"), "{}", said.err);
    drop(lock);
    let path = cluster.dir.join("shards.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let owner = if is_root { 65534 } else { std::fs::metadata(&path).unwrap().uid() };
    std::os::unix::fs::chown(&path, Some(owner), None).unwrap();
    cluster.ok(&with_trust(&["move", "todo_3", "--to", "a"]));
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.permissions().mode() & 0o777), (owner, 0o640));
}

/// What a split could not delete, or not tell apart, is refused before anything is changed.
#[test]
fn what_cannot_be_split_is_refused() {
    let long = "y".repeat(62);
    let cluster = Shards::new("shard-unsplit", 1, &[(&long, "a")]);
    cluster.servers[0].connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
    cluster.servers[0].restart(&[]);
    cluster.init();
    cluster.write_for("postgres", &[(&long, "a")]);
    let refused = |told: &str| {
        let said = cluster.run(&with_trust(&["split"]));
        assert!(said.code == 1 && said.err.contains(told), "{told}: {}{}", said.out, said.err);
        assert_eq!(cluster.places().len(), 1, "{told}");
    };
    refused("too long a name");
    cluster.write_for("postgres", &[(&"y".repeat(64), "a")]);
    assert_eq!(cluster.run(&["status"]).code, 2);
    cluster.servers[0].connect("postgres").batch_execute(&format!("ALTER DATABASE {long} RENAME TO whole")).unwrap();
    cluster.write_for("postgres", &[("whole", "a")]);
    for (make, told) in [
        ("CREATE TABLE t (u varchar(36) PRIMARY KEY REFERENCES users)", "t_u_fkey"),
        ("CREATE TABLE t (task int PRIMARY KEY REFERENCES tasks ON DELETE CASCADE)", "t_task_fkey"),
        (
            "CREATE TABLE t (id int PRIMARY KEY, owner text REFERENCES users ON DELETE CASCADE, guest text REFERENCES users ON DELETE CASCADE)",
            "t_owner_fkey",
        ),
    ] {
        cluster.connect(0).batch_execute(make).unwrap();
        refused(told);
        cluster.connect(0).batch_execute("DROP TABLE t").unwrap();
    }
    for schema in ["todo_fence", "todo_placement"] {
        cluster.connect(0).batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let said = cluster.run(&with_trust(&["split"]));
        assert!(said.code == 1 && said.err.contains(schema), "{}{}", said.out, said.err);
        cluster.connect(0).batch_execute(&format!("DROP SCHEMA {schema}")).unwrap();
    }
    // A table of another role, whose triggers would run with the operator's rights.
    cluster
        .connect(0)
        .batch_execute(
            "CREATE ROLE mallory; CREATE TABLE m (u varchar(36) PRIMARY KEY REFERENCES users ON DELETE CASCADE); ALTER TABLE m OWNER TO mallory",
        )
        .unwrap();
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && said.err.contains("mallory"), "{}{}", said.out, said.err);
    // A table whose partitions have the triggers as well.
    cluster
        .connect(0)
        .batch_execute(
            "DROP TABLE m; CREATE TABLE m (id int, u text REFERENCES users ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id);
             CREATE TABLE a_part PARTITION OF m DEFAULT",
        )
        .unwrap();
    cluster.ok(&with_trust(&["split"]));
    assert_nothing_is_left(&cluster);
    let names: Vec<String> = cluster.places().into_iter().map(|(database, _)| database).collect();
    assert_eq!(names, ["whole", "whole_1"]);
}

/// While a database still has users that have left it, nothing of theirs is written there: not in any table.
#[test]
fn users_that_have_left_are_not_written() {
    let cluster = start("shard-left", 2);
    let users = fill(&cluster, 20);
    let mut client = cluster.connect(0);
    client
        .batch_execute("CREATE EXTENSION IF NOT EXISTS pgcrypto; CREATE TABLE notes (id int PRIMARY KEY, u varchar(36) REFERENCES users ON DELETE CASCADE)")
        .unwrap();
    let here: Vec<&String> = users.iter().filter(|user| shard_of(&mut client, user, 4) == 0).collect();
    let leaves = here.iter().find(|user| shard_of(&mut client, user, 8) == 4).unwrap();
    let stays = here.iter().find(|user| shard_of(&mut client, user, 8) == 0).unwrap();
    client.batch_execute(&format!("INSERT INTO notes VALUES (1, '{leaves}'), (2, '{stays}'), (3, NULL)")).unwrap();
    let raise = include_str!("../../sql/admin/placement_raise.sql");
    client
        .batch_execute(&raise.replace("@extschema@", "public").replace("@number@", "0").replace("@modulus@", "8"))
        .unwrap();
    for write in [
        format!("INSERT INTO tasks (user_id, title) VALUES ('{leaves}', 'x')"),
        format!("UPDATE tasks SET title = 'x' WHERE user_id = '{leaves}'"),
        format!("UPDATE tasks SET user_id = '{stays}' WHERE user_id = '{leaves}'"),
        format!("UPDATE tasks SET user_id = '{leaves}' WHERE user_id = '{stays}'"),
        format!("DELETE FROM tasks WHERE user_id = '{leaves}'"),
        format!("UPDATE users SET name = 'x' WHERE id = '{leaves}'"),
        format!("UPDATE users SET id = 'k2' WHERE id = '{leaves}'"),
        format!("DELETE FROM users WHERE id = '{leaves}'"),
        format!("INSERT INTO notes VALUES (4, '{leaves}')"),
        format!("UPDATE notes SET u = NULL WHERE u = '{leaves}'"),
        "TRUNCATE tasks".to_owned(),
        "TRUNCATE notes".to_owned(),
    ] {
        let error = client.batch_execute(&write).expect_err(&write);
        assert_eq!(error.code().unwrap().code(), "25006", "{write}");
    }
    client
        .batch_execute(&format!(
            "UPDATE users SET name = 'x' WHERE id = '{stays}'; INSERT INTO tasks (user_id, title) VALUES ('{stays}', 'x');
             UPDATE notes SET id = id + 10 WHERE u = '{stays}'; INSERT INTO notes VALUES (5, NULL); DELETE FROM users WHERE id = '{stays}'"
        ))
        .unwrap();
    drop(client);
    let said = cluster.run(&with_trust(&["move", "todo_0", "--to", "b"]));
    assert!(said.code == 1 && said.err.contains("is being split"), "{}", said.err);
}

/// Somebody who reads for long makes nobody wait for a split.
#[test]
fn a_reader_keeps_nobody_from_writing() {
    let cluster = start("shard-reader", 2);
    let users = fill(&cluster, 20);
    let before = tasks(&cluster, &users);
    let mut reading = cluster.connect(0);
    let mut transaction = reading.transaction().unwrap();
    transaction.query("SELECT FROM tasks, users LIMIT 1", &[]).unwrap();
    let writer = users.iter().find(|user| shard_of(&mut cluster.connect(0), user, 8) == 0).unwrap().clone();
    let writers = under_load(&cluster, &[writer], || {
        let said = cluster.run(&with_trust(&["split"]));
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains("are left, because their tables are in use"), "{}", said.err);
    });
    assert!(writers[0].longest < Duration::from_secs(10), "{:?}", writers[0].longest);
    transaction.rollback().unwrap();
    cluster.ok(&with_trust(&["split"]));
    assert_nothing_is_left(&cluster);
    assert_eq!(cluster.places().len(), 8);
    let after = tasks(&cluster, &users);
    assert!(before.iter().all(|(user, tasks)| tasks.iter().all(|task| after[user].contains(task))));
}

/// A copy with one other row is not put in the place of the original.
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
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut copy = cluster.server("b").connect("todo_0");
    let copied = "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel";
    while !copy.query_one(copied, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline);
    }
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
    // Those of the other shard have noticed nothing.
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

/// A split that was killed just after the original became read-only comes to its end, however it compares.
#[test]
fn a_split_goes_on_after_the_fence() {
    let cluster = Shards::new("shard-split-fenced", 1, &[("todo_0", "a")]);
    cluster.servers[0].connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
    cluster.servers[0].restart(&[]);
    cluster.init();
    cluster.ok(&["grant", "app"]);
    cluster.write_for("postgres", &[("todo_0", "a")]);
    let users = fill(&cluster, 20);
    let before = tasks(&cluster, &users);
    let mut child = cluster.command(&with_trust(&["split"])).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let subscribed = "SELECT count(*) > 0 FROM pg_subscription";
    while !cluster.servers[0].connect("postgres").query_one(subscribed, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let raise = |database: &str, number: &str| {
        let placement = include_str!("../../sql/admin/placement_raise.sql").replace("@extschema@", "public");
        let placement = placement.replace("@number@", number).replace("@modulus@", "2");
        cluster.servers[0].connect(database).batch_execute(&placement).unwrap();
    };
    let mut copy = cluster.servers[0].connect("todo_1");
    let copied = "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel";
    while !copy.query_one(copied, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline);
    }
    drop(copy);
    raise("todo_1", "1");
    raise("todo_0", "0");
    cluster.connect(0).batch_execute(include_str!("../../sql/admin/fence_raise.sql")).unwrap();
    cluster.ok(&with_trust(&["split", "--compare-ahead"]));
    assert_eq!((cluster.places().len(), tasks(&cluster, &users)), (2, before));
    assert_nothing_is_left(&cluster);
}

#[test]
fn a_split_that_is_killed_goes_on() {
    let cluster = start("shard-split-killed", 2);
    let users = fill(&cluster, 40);
    let before = tasks(&cluster, &users);
    // Killed in its first copy, it can be given up.
    let mut child = cluster.command(&with_trust(&["split"])).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let subscribed = "SELECT count(*) > 0 FROM pg_subscription";
    while !cluster.server("a").connect("postgres").query_one(subscribed, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    cluster.ok(&with_trust(&["split", "--cancel"]));
    assert_eq!(cluster.places(), FOUR.map(|(database, server)| (database.to_owned(), server.to_owned())));
    assert_nothing_is_left(&cluster);
    assert_eq!(cluster.run(&with_trust(&["split", "--cancel"])).code, 1);
    let mut kills = 0;
    // Each time a little later, until one run comes to its end.
    for wait in (0..).map(|n| Duration::from_millis(200 + 450 * n)) {
        let mut child = cluster.command(&with_trust(&["split"])).spawn().unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if start.elapsed() > wait {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::yield_now();
        };
        assert_eq!(tasks(&cluster, &users), before, "after {kills} kills");
        match status {
            Some(status) if status.success() => break,
            Some(status) => panic!("{status} after {kills} kills"),
            None => kills += 1,
        }
    }
    println!("{kills} kills");
    assert!(kills > 0);
    assert_eq!(cluster.places().len(), 8);
    assert_nothing_is_left(&cluster);
    assert_eq!(cluster.run(&with_trust(&["doctor"])).code, 0);
}
