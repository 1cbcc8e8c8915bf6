//! `todo-admin shards split`: doubles the number of databases while applications write.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, Instant};
use todo_tests::attack::outcome;
use todo_tests::relocation::{assert_nothing_is_left, begin_with, copied, fill, start, tasks, with_trust};
use todo_tests::shards::{FOUR, Shards, shard_of};
use todo_tests::strings;
use todo_tests::waiting::until;
use todo_tests::writers::under_load;

/// With a file of shards that is older than a move or a split, no command drops what is in use.
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
    assert!(said.code == 1 && said.err.contains("says that it is not shard"), "{}", said.err);
    cluster.write_text(&split);
    assert_eq!(tasks(&cluster, &users), before);
    assert_nothing_is_left(&cluster);

    // If a database has moved after a split, the file from before the move does not let the old database accept writes again.
    cluster.ok(&with_trust(&["move", "todo_1", "--to", "b"]));
    let moved = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.write_text(&split);
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && said.err.contains("a copy has taken the place of todo_1"), "{}{}", said.out, said.err);
    let error = cluster.connect(1).batch_execute("DELETE FROM tasks").unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006");
    cluster.write_text(&moved);

    // Two commands at once are refused, and the file keeps its owner and mode.
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

/// A split is refused before it changes anything if it could not delete rows of users, or not tell to which user they belong.
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
    // A partitioned table, whose partitions have the triggers as well.
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

/// As long as a database still has rows of users who now belong to another one, these rows cannot be changed, in any table.
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

/// A split does not make writers wait behind a transaction that reads for a long time.
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

/// A split that was killed just after the original became read-only can be finished, also with --compare-ahead.
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
    begin_with(&cluster, &["split"], "a");
    let raise = |database: &str, number: &str| {
        let placement = include_str!("../../sql/admin/placement_raise.sql").replace("@extschema@", "public");
        let placement = placement.replace("@number@", number).replace("@modulus@", "2");
        cluster.servers[0].connect(database).batch_execute(&placement).unwrap();
    };
    drop(copied(&cluster, "todo_1", "a"));
    raise("todo_1", "1");
    raise("todo_0", "0");
    cluster.connect(0).batch_execute(include_str!("../../sql/admin/fence_raise.sql")).unwrap();
    cluster.ok(&with_trust(&["split", "--compare-ahead"]));
    assert_eq!((cluster.places().len(), tasks(&cluster, &users)), (2, before));
    assert_nothing_is_left(&cluster);
}

/// If a split fails after its comparison, writes go on in the original, and the copy follows with users of both halves.
#[test]
fn a_copy_whose_split_fails_late_has_users_of_both_halves() {
    let cluster = Shards::new("shard-split-late", 1, &[("todo_0", "a")]);
    cluster.servers[0].connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
    cluster.servers[0].restart(&[]);
    cluster.init();
    cluster.write_for("postgres", &[("todo_0", "a")]);
    cluster.connect(0).batch_execute("CREATE SEQUENCE own").unwrap();
    begin_with(&cluster, &["split"], "a");
    let mut copy = copied(&cluster, "todo_1", "a");
    // Sequences are set after the comparison.
    let mut blocking = cluster.servers[0].connect("todo_1");
    blocking.batch_execute("BEGIN; ALTER SEQUENCE own CACHE 2").unwrap();
    let said = std::thread::scope(|scope| {
        let splitting = scope.spawn(|| cluster.run(&with_trust(&["split"])));
        let waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'todo_1' AND application_name = 'todo-admin' AND wait_event_type = 'Lock'";
        until(&mut cluster.connect(0), waits, || assert!(!splitting.is_finished()));
        cluster.connect(0).batch_execute("ALTER DATABASE todo_0 SET work_mem = '6MB'").unwrap();
        blocking.batch_execute("ROLLBACK").unwrap();
        splitting.join().unwrap()
    });
    assert!(said.code == 1 && said.err.contains("have changed since it was copied"), "{}", said.err);
    let users = fill(&cluster, 20);
    let here = "SELECT count(*) = 20 FROM users";
    let running = "SELECT bool_and(subenabled) FROM pg_subscription";
    until(&mut copy, here, || assert!(cluster.connect(0).query_one(running, &[]).unwrap().get::<_, bool>(0)));
    assert!(users.iter().any(|user| shard_of(&mut copy, user, 2) == 0));
    drop((copy, blocking));
    cluster.ok(&with_trust(&["split", "--cancel"]));
    cluster.ok(&with_trust(&["split"]));
}

#[test]
fn a_split_that_is_killed_goes_on() {
    let cluster = start("shard-split-killed", 2);
    let users = fill(&cluster, 40);
    let before = tasks(&cluster, &users);
    // If it was killed during its first copy, it can be cancelled.
    begin_with(&cluster, &["split"], "a");
    cluster.ok(&with_trust(&["split", "--cancel"]));
    assert_eq!(cluster.places(), FOUR.map(|(database, server)| (database.to_owned(), server.to_owned())));
    assert_nothing_is_left(&cluster);
    assert_eq!(cluster.run(&with_trust(&["split", "--cancel"])).code, 1);
    let mut kills = 0;
    // Each run is killed a little later, until one succeeds.
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
            std::thread::sleep(Duration::from_millis(1));
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

/// The WHEN condition of a trigger would run as the superuser who deletes rows. So a split refuses such triggers.
#[test]
fn conditions_of_triggers_do_not_run() {
    let cluster = start("shard-condition", 2);
    fill(&cluster, 20);
    let mut client = cluster.connect(0);
    client
        .batch_execute(
            "CREATE TABLE notes (id int PRIMARY KEY, u varchar(36) REFERENCES users ON DELETE CASCADE); GRANT ALL ON notes TO app;
             INSERT INTO notes SELECT row_number() OVER (), id FROM users; GRANT CREATE ON SCHEMA public TO app",
        )
        .unwrap();
    let mut attacker = cluster.server("a").connect_as("todo_0", "app");
    attacker
        .batch_execute(
            "CREATE FUNCTION public.evil() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE app SUPERUSER'; RETURN false; END $$;
             CREATE TRIGGER evil BEFORE DELETE ON notes FOR EACH ROW WHEN (evil()) EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        )
        .unwrap();
    for arguments in [&["split"] as &[&str], &["split", "--trust-owner"]] {
        let said = cluster.run(arguments);
        assert_eq!(said.code, 1, "{}", said.out);
        assert_eq!(cluster.places().len(), 4);
    }
    let superuser = "SELECT rolname::text FROM pg_roles WHERE rolname = 'app' AND rolsuper";
    assert_eq!(strings(&mut client, superuser), [""; 0]);
    client.batch_execute("DROP TRIGGER evil ON notes").unwrap();
    cluster.ok(&["split", "--trust-owner"]);
    assert_nothing_is_left(&cluster);
    assert_eq!(strings(&mut client, superuser), [""; 0]);
}

/// A split fails if a trigger or rule of the application keeps rows of users who belong to the other database.
#[test]
fn whoever_leaves_has_left() {
    let cluster = start("shard-leave", 2);
    let users = fill(&cluster, 30);
    let before = tasks(&cluster, &users);
    let mut client = cluster.connect(0);
    client.batch_execute("CREATE RULE keep AS ON DELETE TO tasks DO INSTEAD NOTHING").unwrap();
    let said = cluster.run(&with_trust(&["split"]));
    assert!(said.code == 1 && cluster.places().len() == 4, "{}", said.out);
    client
        .batch_execute(
            "DROP RULE keep ON tasks; CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER keep BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION keep()",
        )
        .unwrap();
    for _ in 0..2 {
        let said = cluster.run(&with_trust(&["split"]));
        assert!(said.code == 1 && said.err.contains("keeps rows of users"), "{}", said.err);
        // In neither database can rows of the other one's users be written.
        for (number, other) in [(0, 4), (4, 0)] {
            let mut shard = cluster.connect(number);
            let gone = users.iter().find(|user| shard_of(&mut shard, user, 8) == other).unwrap();
            let write = format!("INSERT INTO tasks (user_id, title) VALUES ('{gone}', 'x')");
            assert_eq!(outcome(&mut shard, &write), "25006");
        }
    }
    for number in [0, 4] {
        cluster.connect(number).batch_execute("DROP TRIGGER IF EXISTS keep ON tasks").unwrap();
    }
    cluster.ok(&with_trust(&["split"]));
    assert_eq!(tasks(&cluster, &users), before);
    assert_nothing_is_left(&cluster);
}

/// Rows are judged as other triggers have changed them, and no setting of a session prevents this.
#[test]
fn placements_judge_what_is_stored() {
    let cluster = start("shard-stored", 2);
    let users = fill(&cluster, 20);
    let mut client = cluster.connect(0);
    client
        .batch_execute(
            "CREATE FUNCTION whose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF TG_TABLE_NAME = 'users' THEN NEW.id := current_setting('my.usr'); ELSE NEW.user_id := current_setting('my.usr'); END IF;
                 RETURN NEW;
             END $$;
             ALTER DATABASE todo_0 SET session_replication_role = replica",
        )
        .unwrap();
    let leaves = users.iter().find(|user| shard_of(&mut client, user, 8) == 4).unwrap();
    cluster.ok(&with_trust(&["split"]));
    // Both for sessions with the database's setting, and without it.
    for role in ["replica", "origin"] {
        let mut shard = cluster.connect(0);
        shard
            .batch_execute(&format!(
                "BEGIN; SET session_replication_role = origin; CREATE TRIGGER zzzz_whose BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION whose();
                 ALTER TABLE users ENABLE ALWAYS TRIGGER zzzz_whose; COMMIT; SET session_replication_role = {role}; SET my.usr = '{leaves}'"
            ))
            .unwrap();
        let write = "INSERT INTO users (id, email, name) VALUES ('any', 'any@b.cd', 'X')";
        assert_eq!(outcome(&mut shard, write), "25006", "{role}");
        shard.batch_execute("DROP TRIGGER zzzz_whose ON users").unwrap();
    }
    // The users have been deleted with all their tasks.
    let orphans =
        "SELECT user_id::text FROM tasks AS t WHERE NOT EXISTS (SELECT FROM users AS u WHERE u.id = t.user_id)";
    for number in [0, 4] {
        assert_eq!(strings(&mut cluster.connect(number), orphans), [""; 0]);
    }
}

/// A move is refused if the file of shards is older than a split.
#[test]
fn a_move_knows_an_old_list() {
    let cluster = start("shard-old-list", 3);
    let old = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.ok(&with_trust(&["split"]));
    let split = std::fs::read_to_string(cluster.dir.join("shards.json")).unwrap();
    cluster.write_text(&old);
    let said = cluster.run(&with_trust(&["move", "todo_1", "--to", "c"]));
    assert!(said.code == 1 && said.err.contains("says that it is not shard"), "{}", said.err);
    cluster.write_text(&split);
    cluster.ok(&with_trust(&["move", "todo_1", "--to", "c"]));
    assert_nothing_is_left(&cluster);
}
