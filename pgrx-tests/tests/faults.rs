//! If a script fails, at whatever statement, nothing is changed.

use postgres::Client;
use std::path::{Path, PathBuf};
use todo_tests::{
    AUTH_SESSION, Database, Failure, HASH, TO_ADOPT, catalog, catalog_of, current_version, rows, strings, versions,
};

const FAULT: &str = "DO $$ BEGIN RAISE EXCEPTION 'fault' USING ERRCODE = 'TF001'; END $$;";

/// A script beside those of the extension, which is removed at the end.
struct Script(PathBuf);

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The positions at which the first statement of a script begins and each one ends. The script of `todo_auth` executes its statements as a
/// string.
fn places(script: &str) -> Vec<usize> {
    let (mut at, end) = match (script.find("$sql$"), script.rfind("$sql$")) {
        (Some(start), Some(end)) => (start + "$sql$".len(), end),
        _ => (0, script.len()),
    };
    let script = &script[..end];
    let mut ends = vec![at];
    while let Some(found) = script[at..].find([';', '\'', '"', '$', '-', '/']) {
        at += found;
        let rest = &script[at..];
        let skip =
            |close: &str, from: usize| from + rest[from..].find(close).unwrap_or(rest.len() - from) + close.len();
        at += if rest.starts_with(';') {
            // After the last statement of a body with BEGIN ATOMIC, the function is not complete.
            if !rest.starts_with(";\nEND;") {
                ends.push(at + 1);
            }
            1
        } else if rest.starts_with("--") {
            skip("\n", 2)
        } else if rest.starts_with("/*") {
            skip("*/", 2)
        } else if rest.starts_with("$$") {
            skip("$$", 2)
        } else if rest.starts_with('\'') {
            skip("'", 1)
        } else if rest.starts_with('"') {
            skip("\"", 1)
        } else {
            1
        };
    }
    ends
}

/// The folder of the server's extension scripts.
fn scripts() -> PathBuf {
    let sharedir = strings(&mut Database::empty().client, "SELECT setting FROM pg_config WHERE name = 'SHAREDIR'");
    Path::new(&sharedir[0]).join("extension")
}

/// The state of a database: both extensions, other objects, and the rows if both tables exist.
fn everything(client: &mut Client) -> Vec<String> {
    let has_rows = !strings(client, "SELECT '' WHERE to_regclass('tasks') IS NOT NULL").is_empty();
    let rows = if has_rows { rows(client) } else { Vec::new() };
    let state = "SELECT count(*)::text FROM pg_class UNION ALL SELECT count(*)::text FROM pg_depend UNION ALL
         SELECT count(*)::text FROM pg_proc UNION ALL SELECT md5(string_agg(a::text, '' ORDER BY attrelid, attnum)) FROM pg_attribute AS a";
    [catalog(client), catalog_of(client, "todo_auth"), strings(client, state), rows].concat()
}

/// Runs `statement`, which runs the script to or from `version`, with a fault before the first of the script's statements, and after
/// each. Then it succeeds.
fn fails_without_a_trace(database: &mut Database, script: &str, version: &str, statement: &str) {
    let dir = scripts();
    let text = std::fs::read_to_string(dir.join(script)).unwrap();
    let places = places(&text);
    assert!(places.len() > 4 || !text.contains(';'), "{script}: {} places", places.len());
    let file = Script(dir.join(script.replace(".sql", "-fault.sql")));
    let faulty = statement.replace(&format!("'{version}'"), &format!("'{version}-fault'"));
    let client = &mut database.client;
    let before = everything(client);
    for (i, place) in places.into_iter().enumerate() {
        std::fs::write(&file.0, format!("{}\n{FAULT}\n{}", &text[..place], &text[place..])).unwrap();
        let Err(error) = client.batch_execute(&faulty) else { panic!("{script}, {place}: no fault") };
        assert_eq!(Failure::from(&error).code, "TF001", "{script}, {place}");
        assert!(everything(client) == before, "{script}, {place}");
        // Each failure leaves dead rows in the catalogs.
        if i % 16 == 15 {
            client.batch_execute("VACUUM").unwrap();
        }
    }
    client.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    assert!(everything(client) != before, "{statement}");
}

/// Only scripts of the current version are tried, here and below. Those between older versions were tried before, and do not change.
#[test]
fn an_installation_that_fails_changes_nothing() {
    let version = current_version();
    let mut database = Database::empty();
    for extension in ["todo", "todo_auth"] {
        let create = format!("CREATE EXTENSION {extension} VERSION '{version}'");
        fails_without_a_trace(&mut database, &format!("{extension}--{version}.sql"), version, &create);
    }
}

#[test]
fn an_adoption_that_fails_changes_nothing() {
    let mut database = Database::empty();
    database.client.batch_execute(TO_ADOPT[1].1).unwrap();
    fails_without_a_trace(&mut database, "todo--adopt.sql", "adopt", "CREATE EXTENSION todo VERSION 'adopt'");
    // To 1.0.0, adopted tables take the statements of an upgrade from 0.2.0.
    fails_on_the_way("adopt", "0.2.0", TO_ADOPT[2].1);
}

#[test]
fn an_upgrade_that_fails_changes_nothing() {
    let [source, target] = last_step();
    fails_on_the_way(source, target, "");
}

#[test]
fn a_downgrade_that_fails_changes_nothing() {
    let [target, source] = last_step();
    fails_on_the_way(source, target, "");
}

/// The version before the current one, and the current one.
fn last_step() -> [&'static str; 2] {
    let versions = versions();
    [versions[versions.len() - 2], versions[versions.len() - 1]]
}

/// The statements in `made` create tables before.
fn fails_on_the_way(source: &str, target: &str, made: &str) {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&format!("{made}; CREATE EXTENSION todo VERSION '{source}'")).unwrap();
    let user = "INSERT INTO users VALUES ('u1', 'a@b.cd', 'A', $1, '2020-01-01', '2020-01-02', true, false)";
    client.execute(user, &[&HASH]).unwrap();
    if target != "0.1.0" && source != "0.1.0" {
        let task = "INSERT INTO tasks VALUES (1, 'u1', 'x', NULL, true, '2020-01-01', '2020-01-02', '2020-01-02')";
        client.batch_execute(task).unwrap();
    }
    let update = format!("ALTER EXTENSION todo UPDATE TO '{target}'");
    fails_without_a_trace(&mut database, &format!("todo--{source}--{target}.sql"), target, &update);
}

#[test]
fn a_change_of_todo_auths_version_that_fails_changes_nothing() {
    let released: Vec<&str> = versions().into_iter().filter(|version| !version.starts_with("0.")).collect();
    let mut database = Database::with_users();
    database.client.batch_execute(&format!("CREATE EXTENSION todo_auth VERSION '{}'", released[0])).unwrap();
    database.client.execute(AUTH_SESSION, &[&"token", &"u1"]).unwrap();
    let back = released.iter().rev().skip(1);
    let way: Vec<&str> = released.iter().chain(back).copied().collect();
    assert!(way.len() >= 3, "{way:?}");
    for step in way.windows(2) {
        let script = format!("todo_auth--{}--{}.sql", step[0], step[1]);
        let update = format!("ALTER EXTENSION todo_auth UPDATE TO '{}'", step[1]);
        fails_without_a_trace(&mut database, &script, step[1], &update);
        assert_eq!(strings(&mut database.client, "SELECT token FROM todo_auth.session"), ["token"]);
    }
}
