//! A script that fails, at whatever statement, changes nothing.

use std::path::{Path, PathBuf};
use todo_tests::{Database, Failure, HASH, TO_ADOPT, catalog, current_version, rows, strings, versions};

const FAULT: &str = "DO $$ BEGIN RAISE EXCEPTION 'fault' USING ERRCODE = 'TF001'; END $$;";

/// A script beside the extension's, removed at the end.
struct Script(PathBuf);

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where each statement of a script ends.
fn statement_ends(script: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while let Some(found) = script[at..].find([';', '\'', '"', '$', '-', '/']) {
        at += found;
        let rest = &script[at..];
        let skip =
            |close: &str, from: usize| from + rest[from..].find(close).unwrap_or(rest.len() - from) + close.len();
        at += if rest.starts_with(';') {
            // Not within a function's body, whose last statement this ends.
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

/// Runs `statement`, which runs the script `fault`, once for each statement of the script that could fail, and once before the first.
fn fails_without_a_trace(database: &mut Database, script: &str, fault: &str, statement: &str) {
    let dir = scripts();
    let text = std::fs::read_to_string(dir.join(script)).unwrap();
    let ends = statement_ends(&text);
    assert!(ends.len() >= 4 || !text.contains(';'), "{script}: {} statements", ends.len());
    let file = Script(dir.join(fault));
    let client = &mut database.client;
    let rows_too = strings(client, "SELECT 'x'::text WHERE to_regclass('tasks') IS NOT NULL").len();
    let state = "SELECT count(*)::text FROM pg_class UNION ALL SELECT count(*)::text FROM pg_depend UNION ALL
         SELECT count(*)::text FROM pg_proc UNION ALL SELECT md5(string_agg(a::text, '' ORDER BY attrelid, attnum)) FROM pg_attribute AS a";
    let before = (catalog(client), strings(client, state), if rows_too > 0 { rows(client) } else { Vec::new() });
    for (i, end) in [0].into_iter().chain(ends).enumerate() {
        std::fs::write(&file.0, format!("{}\n{FAULT}\n{}", &text[..end], &text[end..])).unwrap();
        assert_eq!(Failure::of(client.batch_execute(statement)).code, "TF001", "{script}, {end}");
        let after = (catalog(client), strings(client, state), if rows_too > 0 { rows(client) } else { Vec::new() });
        assert!(after == before, "{script}, {end}");
        // The catalogs are full of what has been undone.
        if i % 16 == 15 {
            client.batch_execute("VACUUM").unwrap();
        }
    }
}

/// Of the current version: the others were tried before their release, and stay as they were.
#[test]
fn an_installation_that_fails_changes_nothing() {
    let create = "CREATE EXTENSION todo VERSION 'fault'";
    let script = format!("todo--{}.sql", current_version());
    fails_without_a_trace(&mut Database::empty(), &script, "todo--fault.sql", create);
}

#[test]
fn an_adoption_that_fails_changes_nothing() {
    let mut database = Database::empty();
    database.client.batch_execute(TO_ADOPT[1].1).unwrap();
    let create = "CREATE EXTENSION todo VERSION 'adopt-fault'";
    fails_without_a_trace(&mut database, "todo--adopt.sql", "todo--adopt-fault.sql", create);
    // To 1.0.0, adopted tables take the statements of an upgrade from 0.2.0.
    fails_on_the_way("adopt", "0.2.0", TO_ADOPT[2].1);
}

#[test]
fn an_upgrade_that_fails_changes_nothing() {
    versions().windows(2).for_each(|step| fails_on_the_way(step[0], step[1], ""));
}

#[test]
fn a_downgrade_that_fails_changes_nothing() {
    versions().windows(2).for_each(|step| fails_on_the_way(step[1], step[0], ""));
}

/// `made` makes tables before.
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
    let fault = format!("todo--{source}--{target}-fault.sql");
    let update = format!("ALTER EXTENSION todo UPDATE TO '{target}-fault'");
    fails_without_a_trace(&mut database, &format!("todo--{source}--{target}.sql"), &fault, &update);
    database.client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{target}'")).unwrap();
}
