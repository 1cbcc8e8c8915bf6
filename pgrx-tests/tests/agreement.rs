//! The rules exist twice: in Rust, in the triggers, and in SQL, in the CHECK constraints of users. Both judge generated values alike.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use todo_tests::Database;

const VALUES: usize = 3000;

fn generate(strategy: impl Strategy<Value = String>) -> Vec<String> {
    let mut runner = TestRunner::default();
    (0..VALUES).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// The outcome of an INSERT of each value: `ok`, or the SQLSTATE and whether DETAIL shows the row. With session_replication_role = replica,
/// the trigger of users does not fire, so only the constraints judge. That of tasks fires always.
fn answers(database: &mut Database, insert: &str, values: &[String], replica: bool) -> Vec<String> {
    let mode = if replica { "replica" } else { "origin" };
    database.client.batch_execute(&format!("SET session_replication_role = {mode}")).unwrap();
    database
        .client
        .batch_execute(&format!(
            "CREATE OR REPLACE FUNCTION pg_temp.answer(value text) RETURNS text LANGUAGE plpgsql AS $$
             DECLARE detail text;
             BEGIN
                 BEGIN
                     {insert};
                     RAISE EXCEPTION USING ERRCODE = 'ZZ000';
                 EXCEPTION WHEN OTHERS THEN
                     GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
                     RETURN CASE WHEN SQLSTATE = 'ZZ000' THEN 'ok' ELSE SQLSTATE || CASE WHEN detail <> '' THEN ' shown' ELSE '' END END;
                 END;
             END $$"
        ))
        .unwrap();
    let rows = database
        .client
        .query("SELECT pg_temp.answer(v) FROM unnest($1::text[]) WITH ORDINALITY AS t (v, n) ORDER BY n", &[&values])
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn count(answers: &[String]) -> BTreeMap<&str, usize> {
    answers.iter().fold(BTreeMap::new(), |mut counts, answer| {
        *counts.entry(answer.as_str()).or_default() += 1;
        counts
    })
}

/// E-mail addresses from parts that may and may not be in one.
fn address() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[a-z0-9]{1,8}",
        1 => "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,6}",
        1 => "[\\x01-\\x7f]{1,3}",
        1 => "\\PC{1,3}",
        1 => "[\u{80}-\u{2fff}]{1,3}",
        1 => "[\u{ad}\u{34f}\u{61c}\u{200b}-\u{200f}\u{2028}-\u{202f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{e0001}]",
        1 => "[\u{27ff}-\u{2801}\u{fff8}-\u{fffd}\u{1342f}-\u{13443}\u{16fe3}-\u{16fe5}\u{1d158}-\u{1d15a}]",
        1 => "[.@-]{1,2}",
    ];
    let joined = |joint: &'static str, range| {
        prop::collection::vec(part.clone(), range).prop_map(move |parts| parts.join(joint))
    };
    prop_oneof![
        8 => (joined(".", 1..3), joined(".", 1..4)).prop_map(|(local, domain)| format!("{local}@{domain}")),
        1 => joined("@", 1..4),
        1 => joined("", 1..8),
    ]
}

#[test]
fn trigger_and_constraint_judge_addresses_alike() {
    let mut database = Database::new();
    let values = generate(address());
    let insert = "INSERT INTO users (email, name) VALUES (value, 'N')";
    let by_trigger = answers(&mut database, insert, &values, false);
    let by_constraint = answers(&mut database, insert, &values, true);
    for ((value, trigger), constraint) in values.iter().zip(&by_trigger).zip(&by_constraint) {
        assert_eq!(trigger, constraint.trim_end_matches(" shown"), "{value:?}");
    }
    let counts = count(&by_trigger);
    assert!(counts["ok"] > VALUES / 10 && counts["23514"] > VALUES / 10, "a fair mix: {counts:?}");
}

#[test]
fn what_the_triggers_accept_no_constraint_refuses() {
    let mut database = Database::with_users();
    let line = prop_oneof![
        "\\PC{0,30}",
        "[ \u{a0}\u{3000}\u{200b}\u{2800}\u{1d159}]{0,9}",
        "[\\x01-\\x30]{0,4}",
        "\\PC{195,205}"
    ];
    let text = prop_oneof!["\\PC{0,30}", "[\\x01-\\x30]{0,4}", "\\PC{995,1005}"];
    for (insert, values) in [
        ("INSERT INTO users (email, name) VALUES ('n@b.cd', value)", generate(line.clone())),
        ("INSERT INTO tasks (user_id, title) VALUES ('u1', value)", generate(line)),
        ("INSERT INTO tasks (user_id, title, description) VALUES ('u1', 'x', value)", generate(text)),
    ] {
        let answers = answers(&mut database, insert, &values, false);
        if insert.contains("tasks") {
            assert_eq!(self::answers(&mut database, insert, &values, true), answers, "{insert}");
        }
        for (value, answer) in values.iter().zip(&answers) {
            assert!(["ok", "23514", "22001"].contains(&answer.as_str()), "{insert}: {answer} for {value:?}");
        }
        let counts = count(&answers);
        assert!(counts["ok"] > VALUES / 10 && counts["23514"] > VALUES / 20, "a fair mix: {counts:?}");
    }
}
