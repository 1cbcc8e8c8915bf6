//! Every function answers random and malformed arguments, or refuses them with an error that the reference has for it. `make fuzz` does the
//! same for longer.

use todo_tests::functions::{Function, functions};
use todo_tests::fuzz::{Fuzz, Who, undocumented};

const SEED: u64 = 1;
const SETS: usize = 30;

fn function(name: &str) -> Function {
    functions().into_iter().find(|function| function.name == name).expect("a function")
}

fn nothing_is_wrong(who: Who) {
    let mut fuzz = Fuzz::new(who, SEED);
    let (mut calls, mut with_rows) = (0, 0);
    for function in Fuzz::functions() {
        let report = fuzz.run(&function, SETS);
        calls += report.calls;
        with_rows += report.with_rows;
    }
    fuzz.look_at_database("all");
    assert!(fuzz.findings.is_empty(), "seed {SEED}: {}", fuzz.findings);
    assert!(calls > 1000 && with_rows * 5 > calls, "{with_rows} of {calls} calls returned something");
}

#[test]
fn as_an_application() {
    nothing_is_wrong(Who::Application);
}

#[test]
fn as_an_isolated_role() {
    nothing_is_wrong(Who::Isolated);
}

#[test]
fn as_a_superuser() {
    nothing_is_wrong(Who::Superuser);
}

#[test]
fn the_reference_has_each_error() {
    assert_eq!(undocumented(), [""; 0]);
}

#[test]
fn rows_of_other_users_are_found() {
    let mut fuzz = Fuzz::new(Who::Isolated, SEED);
    let free = format!("ALTER ROLE {} BYPASSRLS", fuzz.role);
    fuzz.database.client.batch_execute(&free).unwrap();
    for name in [
        "todo_list_tasks",
        "todo_get_user",
        "todo_export_user",
        "todo_task_counts",
        "todo_delete_task",
        "todo_set_active",
    ] {
        fuzz.run(&function(name), 100);
    }
    for name in ["todo_list_tasks", "todo_get_user", "todo_export_user", "todo_task_counts"] {
        assert!(fuzz.findings.has(name, "a row of another user"), "{name}: {}", fuzz.findings);
    }
    for name in ["todo_delete_task", "todo_set_active"] {
        assert!(fuzz.findings.has(name, "other users' rows changed"), "{name}: {}", fuzz.findings);
    }
    fuzz.look_at_database("all");
    assert!(fuzz.findings.has("all", "todo_check"), "{}", fuzz.findings);
}

#[test]
fn errors_that_nobody_expects_are_found() {
    let mut fuzz = Fuzz::new(Who::Application, SEED);
    let forbid = format!("REVOKE EXECUTE ON FUNCTION todo_get_task FROM {}", fuzz.role);
    fuzz.database.client.batch_execute(&forbid).unwrap();
    fuzz.run(&function("todo_get_task"), 10);
    assert!(fuzz.findings.has("todo_get_task", "42501"), "{}", fuzz.findings);
    let end = format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{}'", fuzz.role);
    fuzz.database.client.execute(&end, &[]).unwrap();
    fuzz.run(&function("todo_list_tasks"), 10);
    assert!(
        fuzz.findings.has("todo_list_tasks", "57P01") || fuzz.findings.has("todo_list_tasks", "session lost"),
        "{}",
        fuzz.findings
    );
}

#[test]
fn rows_that_break_a_rule_are_found() {
    let mut fuzz = Fuzz::new(Who::Superuser, SEED);
    let no_rules = "ALTER TABLE tasks DISABLE TRIGGER zz_todo_before_row";
    fuzz.database.client.batch_execute(no_rules).unwrap();
    fuzz.run(&function("todo_create_tasks"), 100);
    assert!(fuzz.findings.has("todo_create_tasks", "rows"), "{}", fuzz.findings);
}
