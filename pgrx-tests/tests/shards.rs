//! `todo-admin shards`: commands on several databases, on servers of their own.

use serde_json::{Value, json};
use std::process::{Command, Stdio};
use todo_tests::admin::Said;
use todo_tests::shards::{FOUR, Shards};
use todo_tests::{Server, strings};

#[test]
fn shards_are_created_and_inspected() {
    let mut cluster = Shards::new("shards", 2, &FOUR);
    cluster.init();
    // Run again, it creates the one that is missing.
    cluster.servers[1].connect("postgres").batch_execute("DROP DATABASE todo_3").unwrap();
    cluster.init();

    // Put users where PostgreSQL's own partitions would have them.
    let mut first = cluster.connect(0);
    first
        .batch_execute(
            "CREATE TABLE spread (id varchar(36) NOT NULL) PARTITION BY HASH (id);
             CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 0);
             CREATE TABLE spread_1 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 1);
             CREATE TABLE spread_2 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 2);
             CREATE TABLE spread_3 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 3);
             INSERT INTO spread SELECT gen_random_uuid()::text FROM generate_series(1, 400)",
        )
        .unwrap();
    let mut users = Vec::new();
    for shard in 0..4 {
        let ids = strings(&mut first, &format!("SELECT id FROM spread_{shard}"));
        let insert = "INSERT INTO users (id, email, name) SELECT i, i || '@b.cd', 'X' FROM unnest($1::text[]) AS i";
        cluster.connect(shard).execute(insert, &[&ids]).unwrap();
        cluster.connect(shard).execute("INSERT INTO tasks (user_id, title) VALUES ($1, 'x')", &[&ids[0]]).unwrap();
        users.push(ids);
    }
    first.batch_execute("DROP TABLE spread").unwrap();
    drop(first);

    let status = cluster.run(&["status"]);
    assert_eq!((status.code, status.err.as_str()), (0, ""));
    let lines: Vec<&str> = status.out.lines().collect();
    assert_eq!(lines.len(), 1 + 4 + 1, "{}", status.out);
    assert!(lines[1].starts_with("todo_0  a") && lines[4].starts_with("todo_3  b"), "{}", status.out);
    assert_eq!(lines[5], "4 of 4 shards: 400 users, 4 tasks");
    let found: Value = serde_json::from_str(&cluster.run(&["status", "--json"]).out).unwrap();
    assert_eq!((&found[1]["database"], &found[1]["found"]["users"]), (&json!("todo_1"), &json!(users[1].len())));

    let findings = |said: &Said| -> Vec<String> {
        let found: Value = serde_json::from_str(&said.out).unwrap();
        let checks = found.as_array().unwrap().iter().flat_map(|shard| {
            let name = shard["database"].as_str().unwrap().to_owned();
            let checks = shard["found"].as_array().cloned().unwrap_or_default();
            checks
                .into_iter()
                .filter(|c| c["level"] == "finding")
                .map(move |c| format!("{name}: {}", c["name"].as_str().unwrap()))
        });
        checks.collect()
    };
    let doctor = cluster.run(&["doctor", "--json"]);
    assert_eq!((doctor.code, findings(&doctor)), (0, vec![]), "{}", doctor.err);
    assert_eq!(cluster.run(&["doctor"]).code, 0);
    // A user in another shard, and shards in another order.
    let insert = "INSERT INTO users (id, email, name) VALUES ($1, 'stray@b.cd', 'X')";
    cluster.connect(2).execute(insert, &[&users[3][0]]).unwrap();
    let doctor = cluster.run(&["doctor", "--json"]);
    assert_eq!((doctor.code, findings(&doctor)), (1, vec!["todo_2: placement of users".to_owned()]));
    cluster.write(&[FOUR[1], FOUR[0], FOUR[2], FOUR[3]]);
    assert_eq!(findings(&cluster.run(&["doctor", "--json"])).len(), 3);
    cluster.write(&FOUR);

    let grant = cluster.run(&["grant", "app"]);
    assert_eq!((grant.code, grant.err.as_str()), (0, ""));
    for shard in 0..4 {
        let may = "SELECT has_function_privilege('app', 'todo_toggle_task(bigint, text)', 'EXECUTE')::text";
        assert_eq!(strings(&mut cluster.connect(shard), may), ["true"]);
    }
    assert_eq!(cluster.run(&["revoke", "app"]).code, 0);

    let backup = cluster.run(&["backup", "backups"]);
    assert_eq!(backup.code, 0, "{}", backup.err);
    let archives = std::fs::read_dir(cluster.dir.join("backups")).unwrap();
    assert_eq!(
        archives.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "dump")).count(),
        4
    );

    // If a server is down, status still shows the others, but commands that change something stop.
    drop(cluster.servers.pop());
    cluster.servers.push(Server::start());
    let status = cluster.run(&["status", "--json"]);
    let found: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!((status.code, &found[0]["found"]["users"]), (1, &json!(users[0].len())));
    assert!(found[2]["error"].is_string() && found[2].get("found").is_none(), "{found}");
    assert_eq!(cluster.run(&["doctor"]).code, 2);
    let grant = cluster.run(&["grant", "app"]);
    assert_eq!(grant.code, 1);
    assert!(grant.err.contains("2 of 4 shards done") && grant.err.contains("todo_2 on b: "), "{}", grant.err);
}

/// Commands that go on after an error show all of it.
#[test]
fn errors_of_shards_have_a_code_and_a_fix() {
    let cluster = Shards::new("shards-errors", 1, &[("todo_0", "a"), ("todo_1", "a")]);
    cluster.init();
    cluster.servers[0].connect("postgres").batch_execute("DROP DATABASE todo_1").unwrap();
    for (command, code) in [("status", 1), ("doctor", 2)] {
        let said = cluster.run(&[command, "--json"]);
        let found: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((said.code, &found[1]["sqlstate"]), (code, &json!("3D000")), "{found}");
        assert!(found[1]["fix"].is_string() && found[0].get("fix").is_none(), "{found}");
        let has_code = |arguments: &[&str]| cluster.run(arguments).out.contains("[3D000]");
        assert_eq!((has_code(&[command, "-v"]), has_code(&[command])), (true, false), "{command}");
    }
    assert!(cluster.run(&["doctor"]).out.contains("(create it"));
}

/// Ctrl-C ends the commands that only look, too, even if it comes at the last shard.
#[test]
fn an_interrupt_ends_commands_that_look() {
    let cluster = Shards::new("shards-interrupt", 1, &[("todo_0", "a"), ("todo_1", "a")]);
    cluster.init();
    let mut other = cluster.connect(1);
    other.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    // Not in the transaction, which would see the same activity each time.
    let mut observer = cluster.connect(1);
    let waits =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'todo-admin' AND wait_event_type = 'Lock'";
    for arguments in [&["doctor"][..], &["doctor", "--json"], &["status"]] {
        let mut child =
            cluster.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        while observer.query_one(waits, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(child.try_wait().unwrap().is_none(), "{arguments:?}: it waits");
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
    }
}

#[test]
fn an_upgrade_stops_at_the_first_failure() {
    let cluster = Shards::new("shards-upgrade", 2, &FOUR);
    for (number, (name, _)) in FOUR.iter().enumerate() {
        let mut postgres = cluster.servers[number / 2].connect("postgres");
        postgres.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        cluster.connect(number).batch_execute("CREATE EXTENSION todo VERSION '1.0.0'").unwrap();
    }
    let version =
        |shard| strings(&mut cluster.connect(shard), "SELECT extversion FROM pg_extension WHERE extname = 'todo'");
    let versions = || (0..4).flat_map(version).collect::<Vec<_>>();
    let newest =
        strings(&mut cluster.connect(0), "SELECT default_version FROM pg_available_extensions WHERE name = 'todo'");
    let dry = cluster.run(&["upgrade", "--dry-run"]);
    assert_eq!((dry.code, versions()), (0, vec!["1.0.0".to_owned(); 4]), "{}", dry.err);

    // In one shard, an index of the application has the name of a new one.
    let client = &mut cluster.connect(2);
    client.batch_execute("CREATE INDEX ix_tasks_user_created_at ON tasks (title)").unwrap();
    let upgrade = cluster.run(&["upgrade"]);
    assert_eq!(upgrade.code, 1);
    assert!(upgrade.err.contains("2 of 4 shards done") && upgrade.err.contains("todo_2 on b: "), "{}", upgrade.err);
    assert_eq!(versions(), [&*newest[0], &newest[0], "1.0.0", "1.0.0"]);
    // When this is repaired, the upgrade goes on.
    client.batch_execute("DROP INDEX ix_tasks_user_created_at").unwrap();
    let upgrade = cluster.run(&["upgrade"]);
    assert_eq!((upgrade.code, upgrade.err.as_str()), (0, ""));
    assert_eq!(versions(), vec![newest[0].clone(); 4]);
}

#[test]
fn files_that_are_wrong_are_refused() {
    let cluster = Shards::new("shards-files", 2, &FOUR);
    for (text, told) in [
        ("", "EOF"),
        ("[]", "an object with servers and shards"),
        (r#"{"servers": {}, "shards": []}"#, "no shard is listed"),
        (r#"{"servers": {}, "shards": ["a"]}"#, "an object with a database and its server"),
        (
            r#"{"servers": {"x": "", "x": ""}, "shards": [{"database": "a", "server": "x"}]}"#,
            "server x is listed twice",
        ),
        (
            r#"{"servers": {"x": "nonsense"}, "shards": [{"database": "a", "server": "x"}]}"#,
            "server x names a database",
        ),
        (
            r#"{"servers": {"x": ""}, "routers": ["host=y"], "shards": [{"database": "a", "server": "x"}]}"#,
            "router 1 names no database",
        ),
        (r#"{"servers": {}, "shards": [{"database": "a", "server": "x"}]}"#, "server x, which is not listed"),
        (
            r#"{"servers": {"x": ""}, "shards": [{"database": "a", "server": "x"}, {"database": "a", "server": "x"}, {"database": "b", "server": "x"}, {"database": "c", "server": "x"}]}"#,
            "listed twice",
        ),
        (r#"{"servers": {"x": ""}, "shards": [{"database": "", "server": "x"}]}"#, "no name"),
        (
            r#"{"servers": {"x": ""}, "directory": {"database": "a", "server": "x"}, "shards": [{"database": "a", "server": "x"}]}"#,
            "as a shard and as the directory",
        ),
        (r#"{"servers": {"x": ""}, "shards": [{"database": "a", "server": "x", "port": 1}]}"#, "unknown field `port`"),
        (
            r#"{"servers": {"x": "nonsense=1"}, "shards": [{"database": "a", "server": "x"}]}"#,
            "server x: there is no connection parameter nonsense",
        ),
        (
            r#"{"servers": {"x": ""}, "shards": [{"database": "a", "server": "x"}, {"database": "b", "server": "x"}, {"database": "c", "server": "x"}]}"#,
            "3, which is not a power of two",
        ),
    ] {
        cluster.write_text(text);
        let said = cluster.run(&["status"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{text}");
        assert!(said.err.contains(told) && said.err.lines().count() == 1, "{text}: {}", said.err);
    }
    assert_eq!(cluster.run(&["status", "--file", "missing.json"]).code, 2);
    cluster.write(&FOUR);
    assert_eq!(cluster.run(&["status", "--dsn", "todo_0"]).code, 2);
}

/// The expression on the page chooses the same partition as PostgreSQL.
#[test]
fn the_page_tells_where_a_user_is() {
    let page = include_str!("../../docs/scale-out.md");
    let expression = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of SQL");
    let mut database = todo_tests::Database::empty();
    let client = &mut database.client;
    for count in [1, 2, 8, 1024_i64] {
        let parts: String = (0..count)
            .map(|i| {
                format!("CREATE TABLE part_{i} PARTITION OF spread FOR VALUES WITH (MODULUS {count}, REMAINDER {i});")
            })
            .collect();
        client
            .batch_execute(&format!(
                "CREATE TABLE spread (id varchar(36) NOT NULL) PARTITION BY HASH (id); {parts}
                 INSERT INTO spread SELECT gen_random_uuid()::text FROM generate_series(1, 500) UNION SELECT 'ü' || i FROM generate_series(1, 50) AS i"
            ))
            .unwrap();
        let placed = format!(
            "SELECT count(*) FROM spread AS s WHERE s.tableoid::regclass::text <> 'part_' || ({})",
            expression.trim().replace("$1", "s.id").replace("$2", &format!("{count}::bigint"))
        );
        assert_eq!(client.query_one(&placed, &[]).unwrap().get::<_, i64>(0), 0, "{count}");
        client.batch_execute("DROP TABLE spread").unwrap();
    }
}
