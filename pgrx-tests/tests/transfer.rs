//! `todo-admin export` and `import`: what comes back is what was there, and what is bad is told line by line.

use serde_json::Value;
use std::path::PathBuf;
use todo_tests::{Database, HASH, Said, admin, rows, said, strings};

/// A directory of one test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(database: &Database) -> Self {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("transfer-{}", database.name));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(database: &Database, arguments: &[&str], input: &str) -> Said {
    said(admin(&database.name).args(arguments), input)
}

#[track_caller]
fn ok(database: &Database, arguments: &[&str]) -> String {
    let said = run(database, arguments, "");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
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
fn what_comes_back_is_what_was_there() {
    let mut database = filled();
    let scratch = Scratch::new(&database);
    let file = scratch.path("all.jsonl");
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
        // Again: every line is there already.
        let again = run(&other, &["import", &file, "--with-hashes"], "");
        assert_eq!((again.code, again.err.lines().count()), (1, 50 + 11990 + 1));
    }

    // By the pipe, without hashes: users are locked.
    let piped = ok(&database, &["export", "-"]);
    assert!(!piped.contains("$2b$") && !piped.contains("hashed_password"));
    let mut other = Database::new();
    assert_eq!(run(&other, &["import", "-"], &piped).code, 0);
    assert_eq!(strings(&mut other.client, "SELECT DISTINCT hashed_password FROM users"), ["!"]);
    // Nor are hashes of a file taken over unasked.
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
fn bad_lines_are_told_and_nothing_comes_in() {
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
    let scratch = Scratch::new(&database);
    let (file, bad) = (scratch.path("in.jsonl"), scratch.path("bad.jsonl"));
    std::fs::write(&file, lines.join("\n")).unwrap();
    let refused = run(&database, &["import", &file], "");
    assert_eq!(refused.code, 1);
    assert_eq!(rows(&mut database.client), before);
    let mut told: Vec<(usize, String)> = refused
        .err
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.split_once(": "))
        .map(|(number, reason)| (number.parse().unwrap(), reason.to_owned()))
        .collect();
    told.sort();
    let expected = [
        (3, "key must be a string"),
        (4, "the id is taken"),
        (5, "the address is on an earlier line already"),
        (6, "email is not a valid e-mail address"),
        (7, "name is empty"),
        (8, "not a time by RFC 3339: yesterday"),
        (9, "missing field `is_active`"),
        (10, "invalid type: integer `1`, expected a boolean"),
        (11, "unknown field `extra`"),
        (14, "title is empty; the id is on an earlier line already"),
        (15, "the id is on an earlier line already; there is no such user"),
        (17, "invalid value: integer `3000000000`, expected i32"),
        (18, "description is longer than 1000 characters; the id is on an earlier line already"),
        (19, "there is no such user"),
        (20, "unknown variant `other`"),
        (21, "a text contains a NUL character"),
        (22, "completed and completed_at do not agree"),
        (23, "created_at is not in the years 1 to 9999; updated_at is not in the years 1 to 9999"),
        (24, "updated_at is not in the years 1 to 9999"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((line, reason), (number, part)) in told.iter().zip(expected) {
        assert_eq!(*line, number, "{told:?}");
        assert!(reason.starts_with(part), "{line}: {reason}");
    }
    assert!(refused.err.lines().last().unwrap().contains("19 lines are bad"), "{}", refused.err);

    // Skipped, they wait in a file, as they were; the others come in.
    let skipped = run(&database, &["import", &file, "--skip-bad", &bad], "");
    assert_eq!((skipped.code, skipped.out.as_str()), (0, "1 users and 2 tasks imported\n"));
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
    let none = scratch.path("none.jsonl");
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
    // A file that was cut, or is not what its first line says.
    let cut = format!("{{\"format\":\"todo\",\"version\":1,\"users\":2,\"tasks\":0}}\n{}\n", user("new", "new@b.cd"));
    assert_eq!(run(&database, &["import", "-"], &cut).code, 1);
    let endless = format!("{{\"format\":\"todo\",\"version\":1,\"users\":0,\"tasks\":0}}\n{}", "x".repeat(3 << 20));
    assert_eq!(run(&database, &["import", "-"], &endless).code, 1);
    assert_eq!(run(&database, &["import", "/nothing/here"], "").code, 1);
    assert_eq!(run(&database, &["export", "/nothing/here"], "").code, 1);
    assert_eq!(rows(&mut database.client), before);
}

/// An export that cannot be written to its end leaves nothing, and an earlier one as it was.
#[test]
fn half_an_export_is_none() {
    let database = filled();
    let scratch = Scratch::new(&database);
    let file = scratch.path("all.jsonl");
    std::fs::write(&file, "earlier").unwrap();
    let program = admin(&database.name);
    let limited = format!("ulimit -f 100; exec '{}' export '{file}'", program.get_program().to_str().unwrap());
    let mut limited_export = std::process::Command::new("bash");
    // The signal of the limit ends the program, or is an error of the write.
    let full =
        said(limited_export.args(["-c", &format!("trap '' XFSZ; {limited}")]).env("PGDATABASE", &database.name), "");
    assert_eq!((full.code, full.err.lines().count()), (1, 1), "{}", full.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 1, "nothing is left beside it");
    // A device stays one.
    let device = scratch.path("device");
    assert!(std::process::Command::new("mkfifo").arg(&device).status().unwrap().success());
    let reading = format!("cat '{device}' & exec '{}' export '{device}'", program.get_program().to_str().unwrap());
    let seen = said(std::process::Command::new("bash").args(["-c", &reading]).env("PGDATABASE", &database.name), "");
    assert_eq!((seen.code, seen.out.lines().count()), (0, 1 + 50 + 11990), "{}", seen.err);
    // A reader of the pipe who has seen enough.
    let piped = format!("set -o pipefail; '{}' export - | head -n 1", program.get_program().to_str().unwrap());
    let seen = said(std::process::Command::new("bash").args(["-c", &piped]).env("PGDATABASE", &database.name), "");
    assert_eq!((seen.code, seen.out.lines().count(), seen.err.as_str()), (141, 1, ""));
}

#[test]
fn what_gets_done() {
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
    let mut empty = Database::new();
    assert!(ok(&empty, &["stats"]).contains("none yet"));
    assert_eq!(run(&empty, &["stats", "--days", "0"], "").code, 2);
    empty.client.batch_execute("SELECT 1").unwrap();
}
