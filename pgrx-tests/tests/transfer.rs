//! `todo-admin export`, `import` and `stats`: imported rows are as they were exported, and bad lines are reported one by one.

use serde_json::Value;
use todo_tests::admin::{Scratch, terminal};
use todo_tests::{Database, HASH, Said, admin, rows, said, strings};

fn run(database: &Database, arguments: &[&str], input: &str) -> Said {
    said(admin(&database.name).args(arguments), input)
}

#[track_caller]
fn ok(database: &Database, arguments: &[&str]) -> String {
    let said = run(database, arguments, "");
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    // An export reports what it has written to standard error. Other commands print nothing there.
    let says = usize::from(arguments[0] == "export");
    assert_eq!(said.err.lines().count(), says, "{arguments:?}: {}", said.err);
    said.out
}

fn filled() -> Database {
    let mut database = Database::new();
    let users = "INSERT INTO users (id, email, name, hashed_password, created_at, updated_at, is_active, email_verified)
         SELECT 'u' || i, 'User' || i || '@b\u{fc}cher.example', E'N\u{e4}me \"\\\\ ' || i, CASE i % 2 WHEN 0 THEN $1 ELSE '!' END,
             timestamp '2020-01-01' + i * interval '1.000001 s', '2021-01-01 00:00:00.5', i % 3 > 0, i % 2 = 0
         FROM generate_series(1, 50) AS i";
    database.client.execute(users, &[&HASH]).unwrap();
    database
        .client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at)
             SELECT 'u' || i % 50 + 1, '\u{1f600} task ' || i, CASE i % 3 WHEN 0 THEN E'tab\\t line\\n' WHEN 1 THEN '' END, i % 2 = 0,
                 timestamp '2022-01-01' + i * interval '1.000001 s', timestamp '2022-02-01',
                 CASE i % 2 WHEN 0 THEN timestamp '2022-03-01' + i * interval '0.123457 s' END
             FROM generate_series(1, 12000) AS i; DELETE FROM tasks WHERE id > 11990",
        )
        .unwrap();
    database
}

#[test]
fn an_import_restores_what_was_exported() {
    let mut database = filled();
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let file = scratch.file("all.jsonl");
    ok(&database, &["export", &file, "--with-hashes"]);
    let before = rows(&mut database.client);

    for zone in ["UTC", "Asia/Karachi"] {
        let mut other = Database::new();
        let mut import = admin(&other.name);
        import.args(["import", &file, "--with-hashes"]).env("PGOPTIONS", format!("-c TimeZone={zone}"));
        let imported = said(&mut import, "");
        assert_eq!((imported.code, imported.err.as_str()), (0, ""));
        assert_eq!(imported.out, "50 users and 11990 tasks imported\n");
        assert!(rows(&mut other.client) == before, "{zone}");
        let next = strings(&mut other.client, "SELECT id::text FROM todo_create_task('u1', 'next')");
        assert_eq!(next, ["11991"]);
        // A second time, every line is there already.
        let again = run(&other, &["import", &file, "--with-hashes"], "");
        assert_eq!(again.code, 1);
        let told: Vec<&str> = again.err.lines().collect();
        assert_eq!(told.len(), 20 + 1 + 1, "{}", again.err);
        let expected: Vec<String> = (2..22).map(|line| format!("line {line}: ")).collect();
        assert!(told.iter().zip(&expected).all(|(line, start)| line.starts_with(start.as_str())), "{}", again.err);
        assert!(told[20].contains(&(50 + 11990 - 20).to_string()), "{}", again.err);
    }

    // Through a pipe, without hashes, users are locked.
    let piped = ok(&database, &["export", "-"]);
    assert!(!piped.contains("$2b$") && !piped.contains("hashed_password"));
    let mut other = Database::new();
    assert_eq!(run(&other, &["import", "-"], &piped).code, 0);
    assert_eq!(strings(&mut other.client, "SELECT DISTINCT hashed_password FROM users"), ["!"]);
    // Hashes of a file are not imported without the option either.
    let mut other = Database::new();
    assert_eq!(run(&other, &["import", &file], "").code, 0);
    assert_eq!(strings(&mut other.client, "SELECT DISTINCT hashed_password FROM users"), ["!"]);
}

#[test]
fn the_format_is_json_lines() {
    let database = filled();
    let lines: Vec<Value> = ok(&database, &["export", "-", "--user", "user7@B\u{fc}cher.example"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((&lines[0]["format"], &lines[0]["version"], &lines[0]["users"]), (&"todo".into(), &1.into(), &1.into()));
    assert_eq!(lines[0]["tasks"].as_u64().unwrap() as usize, lines.len() - 2);
    assert_eq!(
        (&lines[1]["type"], &lines[1]["id"], &lines[1]["created_at"]),
        (&"user".into(), &"u7".into(), &"2020-01-01T00:00:07.000007Z".into())
    );
    assert!(lines[2..].iter().all(|line| line["type"] == "task" && line["user_id"] == "u7"));
    assert_eq!(run(&database, &["export", "-", "--user", "nobody"], "").code, 1);
}

const USER: &str = r#"{"type":"user","id":"ID","email":"EMAIL","name":"N","created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T05:00:00.5+05:00","is_active":true,"email_verified":false}"#;
const TASK: &str = r#"{"type":"task","id":7,"user_id":"u1","title":"t","description":null,"completed":false,"created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:00Z","completed_at":null}"#;

fn user(id: &str, email: &str) -> String {
    USER.replace("ID", id).replace("EMAIL", email)
}

#[test]
fn bad_lines_are_reported_and_nothing_is_imported() {
    let mut database = Database::with_users();
    let task = |change: (&str, &str)| TASK.replace(change.0, change.1);
    let lines = [
        r#"{"format":"todo","version":1,"users":11,"tasks":11}"#.to_owned(),
        user("new", "new@b.cd"),
        "{broken".to_owned(),
        user("u1", "other@b.cd"),
        user("n2", "NEW@b.cd"),
        user("n3", "no address"),
        user("n4", "x@b.cd").replace("\"N\"", "\" \""),
        user("n5", "y@b.cd").replace("2020-01-01T00:00:00Z", "yesterday"),
        user("n6", "z@b.cd").replace("\"is_active\":true,", ""),
        user("n7", "w@b.cd").replace("true", "1"),
        user("n8", "v@b.cd").replace("{", "{\"extra\":1,"),
        String::new(),
        TASK.to_owned(),
        task(("\"t\"", "\"\u{200b}\"")),
        task(("\"u1\"", "\"nobody\"")),
        task((":7,", ":8,")).replace("\"u1\"", "\"new\""),
        task((":7,", ":3000000000,")),
        task(("null,\"completed\"", &format!("\"{}\",\"completed\"", "x".repeat(1001)))),
        task((":7,", ":9,")).replace("\"u1\"", "\"n3\""),
        r#"{"type":"other"}"#.to_owned(),
        task(("\"t\"", "\"a\\u0000b\"")),
        task(("false", "true")),
        task((":7,", ":10,")).replace("2020-01-01", "0000-12-31"),
        user("n9", "u@b.cd").replace("2020-01-01T05:00:00.5+05:00", "0001-01-01T00:00:00+05:00"),
    ];
    let before = rows(&mut database.client);
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let (file, bad) = (scratch.file("in.jsonl"), scratch.file("bad.jsonl"));
    std::fs::write(&file, lines.join("\n")).unwrap();
    let refused = run(&database, &["import", &file], "");
    assert_eq!(refused.code, 1);
    assert_eq!(rows(&mut database.client), before);
    let told: Vec<(usize, String)> = refused
        .err
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.split_once(": "))
        .map(|(number, reason)| (number.parse().unwrap(), reason.to_owned()))
        .collect();
    let expected = [
        (3, "not valid JSON: key must be a string"),
        (4, "user u1: the id is taken"),
        (5, "user n2: the address is on an earlier line already"),
        (6, "user n3: email is not a valid e-mail address"),
        (7, "user n4: name is empty"),
        (8, "\"yesterday\" is not a time in RFC 3339 format"),
        (9, "the field is_active is missing"),
        (10, "found integer 1, expected a boolean"),
        (11, "the field extra is unknown"),
        (14, "task 7: title is empty; the id is on an earlier line already"),
        (15, "task 7: the id is on an earlier line already; there is no such user"),
        (17, "found integer 3000000000, expected an integer up to 2147483647"),
        (18, "task 7: description is longer than 1000 characters; the id is on an earlier line already"),
        (19, "task 9: there is no such user"),
        (20, "the type is other, not user or task"),
        (21, "task 7: a text contains a NUL character"),
        (22, "task 7: completed and completed_at do not agree"),
        (23, "\"0000-12-31T00:00:00Z\" is outside the years 1 to 9999 in UTC"),
        (24, "\"0001-01-01T00:00:00+05:00\" is outside the years 1 to 9999 in UTC"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((line, reason), (number, part)) in told.iter().zip(expected) {
        assert_eq!(*line, number, "{told:?}");
        assert!(reason.starts_with(part), "{line}: {reason}");
    }
    assert!(refused.err.lines().last().unwrap().contains("19 bad lines"), "{}", refused.err);

    // With --skip-bad, bad lines are written to a file as they were, and the others are imported.
    let skipped = run(&database, &["import", &file, "--skip-bad", &bad], "");
    assert_eq!(
        (skipped.code, skipped.out.as_str()),
        (0, format!("1 user and 2 tasks imported\n{bad}: {} bad lines kept\n", expected.len()).as_str())
    );
    let kept = std::fs::read_to_string(&bad).unwrap();
    let mut kept: Vec<&str> = kept.lines().skip(1).collect();
    let mut wanted: Vec<&str> = expected.iter().map(|(number, _)| lines[number - 1].as_str()).collect();
    kept.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(kept, wanted);
    assert_eq!(strings(&mut database.client, "SELECT id::text || user_id FROM tasks ORDER BY id"), ["7u1", "8new"]);
    assert_eq!(
        strings(&mut database.client, "SELECT updated_at::text FROM users WHERE id = 'new'"),
        ["2020-01-01 00:00:00.5"]
    );
    let none = scratch.file("none.jsonl");
    assert_eq!(run(&database, &["import", "/nothing/here", "--skip-bad", &none], "").code, 1);
    assert!(!std::path::Path::new(&none).exists(), "nothing was skipped");
    assert_eq!(
        run(&database, &["import", &file, "--skip-bad", &bad], "").code,
        1,
        "an earlier file is not overwritten"
    );
}

#[test]
fn other_files_are_refused() {
    let mut database = Database::with_users();
    let before = rows(&mut database.client);
    for input in [
        "",
        "\n",
        "users\n",
        "{}\n",
        r#"{"format":"todo","version":2,"users":0,"tasks":0}"#,
        r#"{"format":"other","version":1,"users":0,"tasks":0}"#,
    ] {
        let refused = run(&database, &["import", "-"], input);
        assert_eq!((refused.code, refused.err.lines().count()), (1, 1), "{input}: {}", refused.err);
    }
    // A file that is incomplete, or does not match its first line.
    let cut = format!("{{\"format\":\"todo\",\"version\":1,\"users\":2,\"tasks\":0}}\n{}\n", user("new", "new@b.cd"));
    assert_eq!(run(&database, &["import", "-"], &cut).code, 1);
    let endless = format!("{{\"format\":\"todo\",\"version\":1,\"users\":0,\"tasks\":0}}\n{}", "x".repeat(3 << 20));
    assert_eq!(run(&database, &["import", "-"], &endless).code, 1);
    assert_eq!(run(&database, &["import", "/nothing/here"], "").code, 1);
    assert_eq!(run(&database, &["export", "/nothing/here"], "").code, 1);
    assert_eq!(rows(&mut database.client), before);
}

/// A byte order mark, which some editors write at the beginning of a file, is ignored there.
#[test]
fn a_byte_order_mark_is_ignored() {
    let mut database = Database::new();
    let input = format!(
        "\u{feff}{{\"format\":\"todo\",\"version\":1,\"users\":1,\"tasks\":0}}\r\n{}\r\n",
        user("new", "new@b.cd")
    );
    let imported = run(&database, &["import", "-"], &input);
    assert_eq!((imported.code, imported.out.as_str()), (0, "1 user and 0 tasks imported\n"), "{}", imported.err);
    assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["new"]);
    // In the middle of a file, it is a character like any other.
    let inner =
        format!("{{\"format\":\"todo\",\"version\":1,\"users\":1,\"tasks\":0}}\n\u{feff}{}\n", user("x", "x@b.cd"));
    assert_eq!(run(&database, &["import", "-"], &inner).code, 1);
}

#[test]
fn an_export_says_what_it_wrote() {
    let database = filled();
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let file = scratch.file("all.jsonl");
    for arguments in [&["export", &file][..], &["export", "-"], &["export", "--force", &file]] {
        let said = run(&database, arguments, "");
        assert!(said.err.contains("50 users and 11990 tasks"), "{}", said.err);
    }
    let one = run(&database, &["export", "-", "--user", "u1"], "");
    assert!(one.err.contains("1 user and "), "{}", one.err);
    assert_eq!(run(&database, &["export", &file], "").code, 2);
}

/// An export that cannot be completed leaves no file, and an earlier file as it was.
#[test]
fn an_incomplete_export_leaves_no_file() {
    let database = filled();
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let file = scratch.file("all.jsonl");
    std::fs::write(&file, "earlier").unwrap();
    // An earlier file is not overwritten without --force.
    assert_eq!(run(&database, &["export", &file], "").code, 2);
    for answer in ["n", ""] {
        let mut session = terminal(&database, &format!("export '{file}'"));
        session.exp_string("[y/N] ").unwrap();
        session.send_line(answer).unwrap();
        session.exp_eof().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
    }
    let program = admin(&database.name);
    let limited = format!("ulimit -f 100; exec '{}' export --force '{file}'", program.get_program().to_str().unwrap());
    let mut limited_export = std::process::Command::new("bash");
    // At the limit, a signal ends the program, or the write fails.
    let full =
        said(limited_export.args(["-c", &format!("trap '' XFSZ; {limited}")]).env("PGDATABASE", &database.name), "");
    assert_eq!((full.code, full.err.lines().count()), (1, 1), "{}", full.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 1, "nothing is left beside it");
    // A device is not replaced by a file.
    let device = scratch.file("device");
    assert!(std::process::Command::new("mkfifo").arg(&device).status().unwrap().success());
    let reading = format!("cat '{device}' & exec '{}' export '{device}'", program.get_program().to_str().unwrap());
    let seen = said(std::process::Command::new("bash").args(["-c", &reading]).env("PGDATABASE", &database.name), "");
    assert_eq!((seen.code, seen.out.lines().count()), (0, 1 + 50 + 11990), "{}", seen.err);
    // A reader that closes the pipe early.
    let piped = format!("set -o pipefail; '{}' export - | head -n 1", program.get_program().to_str().unwrap());
    let seen = said(std::process::Command::new("bash").args(["-c", &piped]).env("PGDATABASE", &database.name), "");
    assert_eq!((seen.code, seen.out.lines().count(), seen.err.as_str()), (141, 1, ""));
}

/// Rows that are older than the rule may have times that no client can read. Commands that need these times name the rows, and all others
/// work.
#[test]
fn far_times_are_named() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute(
            "SELECT todo_create_task('u1', 'x'), todo_create_task('u1', 'y'), todo_complete_task(1, 'u1'), todo_complete_task(2, 'u1');
             SET session_replication_role = replica; ALTER TABLE tasks DISABLE TRIGGER zz_todo_before_row",
        )
        .unwrap();
    // Store such rows as if there were no rule.
    let checks = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
         WHERE conrelid IN ('users'::regclass, 'tasks'::regclass) AND contype = 'c' AND pg_get_constraintdef(oid) ~ '_at'";
    database.client.batch_execute("SET todo.guard = off").unwrap();
    for drop in strings(&mut database.client, checks) {
        database.client.batch_execute(&drop).unwrap();
    }
    let good = ["0001-01-01", "9999-12-31 23:59:59.999999"];
    for time in good {
        let set = format!(
            "UPDATE users SET created_at = '{time}'; UPDATE tasks SET created_at = '{time}', completed_at = '{time}'"
        );
        database.client.batch_execute(&set).unwrap();
        let export = ok(&database, &["export", "-"]);
        let mut other = Database::new();
        assert_eq!(run(&other, &["import", "-"], &export).code, 0, "{time}");
        assert_eq!(rows(&mut other.client), rows(&mut database.client), "{time}");
        ok(&database, &["stats"]);
        assert!(ok(&database, &["user", "list"]).contains(&time[..4]));
    }
    let reset = "UPDATE users SET created_at = '2024-01-01', updated_at = '2024-01-01';
         UPDATE tasks SET created_at = '2024-01-01', updated_at = '2024-01-01', completed_at = '2024-01-01'";
    for time in ["infinity", "-infinity", "10000-01-01", "0001-12-31 BC", "294276-12-31", "4713-01-01 BC"] {
        for (set, row) in [
            (format!("UPDATE users SET created_at = '{time}' WHERE id = 'u2'"), "user u2"),
            (format!("UPDATE users SET updated_at = '{time}' WHERE id = 'u2'"), "user u2"),
            (format!("UPDATE tasks SET created_at = '{time}' WHERE id = 2"), "task 2"),
            (format!("UPDATE tasks SET completed_at = '{time}' WHERE id = 2"), "task 2"),
        ] {
            database.client.batch_execute(&format!("{reset}; {set}")).unwrap();
            let refused = run(&database, &["export", "-"], "");
            assert_eq!(
                (refused.code, refused.out.as_str(), refused.err.lines().count()),
                (1, "", 1),
                "{set}: {}",
                refused.err
            );
            assert!(refused.err.contains(row), "{set}: {}", refused.err);
            let stats = run(&database, &["stats", "--json"], "");
            assert_eq!(stats.code, 0, "{set}: {}", stats.err);
            // They are about tasks.
            assert_eq!(stats.err.contains(row), row.starts_with("task"), "{set}: {}", stats.err);
            let stats: Value = serde_json::from_str(&stats.out).unwrap();
            assert_eq!((&stats["tasks"], &stats["completed"]), (&2.into(), &2.into()), "{set}");
            assert_eq!(stats["median_seconds_to_completion"], 0.0, "{set}");
            for arguments in [&["status"][..], &["user", "list"], &["user", "list", "--json"], &["user", "show", "u2"]]
            {
                let shown = run(&database, arguments, "");
                assert_eq!((shown.code, shown.err.as_str()), (0, ""), "{arguments:?}, {set}");
            }
        }
    }
    // The export of another user does not need them.
    database
        .client
        .batch_execute(&format!("{reset}; UPDATE users SET created_at = 'infinity' WHERE id = 'u2'"))
        .unwrap();
    assert_eq!(ok(&database, &["export", "-", "--user", "u1"]).lines().count(), 4);
    // An import refuses such times, too.
    for time in ["0000-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00"] {
        let line = user("far", "far@b.cd").replace("2020-01-01T00:00:00Z", time);
        let input = format!("{{\"format\":\"todo\",\"version\":1,\"users\":1,\"tasks\":0}}\n{line}\n");
        let refused = run(&database, &["import", "-"], &input);
        assert_eq!(refused.code, 1);
        assert!(refused.err.starts_with("line 2: "), "{}", refused.err);
    }
}

#[test]
fn stats_count_completed_tasks() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed, created_at, completed_at)
             SELECT CASE i % 4 WHEN 0 THEN 'u2' ELSE 'u1' END, 'x', i <= 8, d - interval '90 minutes', CASE WHEN i <= 8 THEN d END
             FROM generate_series(1, 10) AS i, LATERAL (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') - i % 2 * interval '1 day' AS d) AS days",
        )
        .unwrap();
    let stats: Value = serde_json::from_str(&ok(&database, &["stats", "--json", "--days", "3"])).unwrap();
    let days: Vec<u64> =
        stats["days"].as_array().unwrap().iter().map(|day| day["completed"].as_u64().unwrap()).collect();
    assert_eq!(days, [0, 4, 4]);
    assert_eq!((&stats["tasks"], &stats["completed"], &stats["completion_rate"]), (&10.into(), &8.into(), &0.8.into()));
    assert_eq!(stats["median_seconds_to_completion"], 5400.0);
    let of_one: Value = serde_json::from_str(&ok(&database, &["stats", "--json", "--user", "b@B.cd"])).unwrap();
    assert_eq!((&of_one["tasks"], of_one["days"].as_array().unwrap().len()), (&2.into(), 14));
    let chart = ok(&database, &["stats", "--days", "2"]);
    assert!(chart.contains("█ 4") && chart.contains("80.0 %") && chart.contains("2 hours"), "{chart}");
    // A task that was completed before it was created counts as 0 seconds.
    database
        .client
        .batch_execute("UPDATE tasks SET created_at = completed_at + interval '1 hour' WHERE completed")
        .unwrap();
    let stats: Value = serde_json::from_str(&ok(&database, &["stats", "--json"])).unwrap();
    assert_eq!(stats["median_seconds_to_completion"], 0.0);
    let empty = Database::new();
    assert!(ok(&empty, &["stats"]).contains("none yet"));
    assert_eq!(run(&empty, &["stats", "--days", "0"], "").code, 2);
}

/// With --new-ids, tasks of a user of another database are imported although this one has tasks with their ids.
#[test]
fn tasks_get_new_ids() {
    let mut source = filled();
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &source);
    let file = scratch.file("u7.jsonl");
    ok(&source, &["export", &file, "--user", "u7", "--with-hashes"]);
    let order = "SELECT title FROM todo_list_tasks('u7')";
    let whole =
        "SELECT format('%s %s %s %s %s %s', title, description, completed, created_at, updated_at, completed_at)
         FROM tasks WHERE user_id = 'u7' ORDER BY tasks.id";
    let before = [strings(&mut source.client, order), strings(&mut source.client, whole)];
    let old_ids = strings(&mut source.client, "SELECT id::text FROM tasks WHERE user_id = 'u7' ORDER BY tasks.id");

    let mut target = Database::new();
    target
        .client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('here', 'here@b.cd', 'Here');
             INSERT INTO tasks (user_id, title) SELECT 'here', 'Task' FROM generate_series(1, 1000)",
        )
        .unwrap();
    let here = rows(&mut target.client);
    let refused = run(&target, &["import", &file, "--with-hashes"], "");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("the id is taken"), "{}", refused.err);

    // If the list cannot be written, or exists already, nothing is imported.
    let list = scratch.file("ids.csv");
    std::fs::write(&list, "mine").unwrap();
    assert_eq!(run(&target, &["import", &file, &format!("--new-ids={list}")], "").code, 1);
    assert_eq!(std::fs::read_to_string(&list).unwrap(), "mine");
    std::fs::remove_file(&list).unwrap();
    let closed = said(
        std::process::Command::new("sh")
            .args(["-c", "\"$@\" >/dev/full", "sh"])
            .arg(admin(&target.name).get_program())
            .args(admin(&target.name).get_args().chain(["import", &file, "--new-ids"].map(std::ffi::OsStr::new))),
        "",
    );
    assert_ne!(closed.code, 0);
    assert!(rows(&mut target.client) == here);
    // If a line is bad, nothing is imported either, and the list is removed.
    let bad = std::fs::read_to_string(&file).unwrap().replacen("\"u7\"", "\"nobody\"", 2);
    let bad_file = scratch.file("bad.jsonl");
    std::fs::write(&bad_file, bad).unwrap();
    assert_eq!(run(&target, &["import", &bad_file, &format!("--new-ids={list}")], "").code, 1);
    assert!(!std::fs::exists(&list).unwrap());
    assert!(rows(&mut target.client) == here);

    let said = run(&target, &["import", &file, "--with-hashes", &format!("--new-ids={list}")], "");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(said.out, format!("1 user and {} tasks imported\n", old_ids.len()));
    assert_eq!([strings(&mut target.client, order), strings(&mut target.client, whole)], before);
    let new_ids = strings(&mut target.client, "SELECT id::text FROM tasks WHERE user_id = 'u7' ORDER BY tasks.id");
    let pairs: Vec<String> = old_ids.iter().zip(&new_ids).map(|(old, new)| format!("{old},{new}")).collect();
    let listed = std::fs::read_to_string(&list).unwrap();
    assert_eq!(listed.lines().collect::<Vec<_>>()[1..], pairs[..]);
    assert!(listed.starts_with("old_id,new_id\n"));

    // The list can go to standard output, which then has nothing else.
    target.client.batch_execute("SELECT todo_delete_user('u7')").unwrap();
    let said = run(&target, &["import", &file, "--new-ids"], "");
    assert_eq!((said.code, said.out.lines().count()), (0, old_ids.len() + 1));
    assert_eq!(said.err, format!("1 user and {} tasks imported\n", old_ids.len()));

    // If there are not enough ids, nothing is imported.
    target.client.batch_execute("SELECT todo_delete_user('u7'); SELECT setval('tasks_id_seq', 2147483600)").unwrap();
    let full = run(&target, &["import", &file, "--new-ids"], "");
    assert_eq!((full.code, full.out.as_str()), (1, ""));
    assert_eq!(strings(&mut target.client, "SELECT id FROM users"), ["here"]);
}
