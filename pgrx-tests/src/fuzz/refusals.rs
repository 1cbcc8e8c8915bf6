//! The errors that each function may return. [`undocumented`] compares them with `docs/reference.md`.

use super::Who;
use crate::functions::{Access, Function};

/// Further SQLSTATEs of single functions.
const REFUSALS: [(&str, &str); 28] = [
    ("todo_create_task", "22001 23502 23503 23514"),
    ("todo_update_task", "22001 23502 23514"),
    ("todo_toggle_task", "23502"),
    ("todo_complete_task", "23502"),
    ("todo_delete_task", "23502"),
    ("todo_complete_all", "23502"),
    ("todo_clear_completed", "23502"),
    ("todo_create_tasks", "22001 22007 22008 22009 22023 23502 23503 23514"),
    ("todo_import_tasks", "22001 22007 22008 22009 22023 23502 23503 23514"),
    ("todo_filter_tasks", "22023"),
    ("todo_task_cursor", "22023"),
    ("todo_task_stats", "22023"),
    ("todo_completed_per_day", "22008 22023 23502"),
    ("todo_create_user", "22001 22023 23502 23505 23514"),
    ("todo_update_user", "22001 23502 23505 23514"),
    ("todo_verify_email", "23502"),
    ("todo_set_active", "23502"),
    ("todo_delete_user", "23502"),
    ("todo_change_password", "22001 22023 23502"),
    ("todo_hash_password", "22001 22023 23502"),
    ("todo_set_password_hash", "22001 23502 23514"),
    ("todo_auth.store_password", "22001 23514"),
    ("todo_grant", "0LP01 22023 23502 42501 42704"),
    ("todo_revoke", "23502 42501 42704"),
    ("todo_auth.grant", "23502 42501 42704"),
    ("todo_auth.revoke", "23502 42501 42704"),
    ("todo_auth.schema_for_grants", "23502 42501 42704"),
    // PostgreSQL's own, for what is no row: triggers call it.
    ("todo_auth.changes", "22023"),
];

/// Functions that insert rows of a user. For an isolated role, row-level security refuses them unless that is the current user.
const INSERTS: [&str; 4] = ["todo_create_task", "todo_create_tasks", "todo_import_tasks", "todo_create_user"];

/// Whether a function may return this error to this caller.
pub fn may_refuse(function: &Function, who: Who, code: &str) -> bool {
    let is_forbidden = who != Who::Superuser && function.access == Access::Owner;
    let is_of_another = who == Who::Isolated && INSERTS.contains(&function.name);
    if code == "42501" && (is_forbidden || is_of_another) {
        return true;
    }
    codes(function.name).any(|own| own == code)
}

fn codes(function: &str) -> impl Iterator<Item = &'static str> {
    let found = REFUSALS.iter().find(|(name, _)| *name == function);
    found.into_iter().flat_map(|(_, codes)| codes.split(' '))
}

/// Errors that the reference does not list, neither for the function nor for all functions.
pub fn undocumented() -> Vec<String> {
    let reference = include_str!("../../../docs/reference.md");
    let (_, errors) = reference.split_once("\n## Errors\n").expect("a table of errors");
    let rows: Vec<Vec<&str>> =
        errors.lines().take_while(|line| !line.starts_with("## ")).map(|line| line.split(" | ").collect()).collect();
    let is_documented = |function: &str, code: &str| {
        rows.iter().any(|row| {
            let cause = row.get(1).copied().unwrap_or_default();
            row[0].contains(code) && (!cause.contains("`todo_") || cause.contains(&format!("`{function}`")))
        })
    };
    let all = REFUSALS.iter().flat_map(|(function, codes)| codes.split(' ').map(move |code| (function, code)));
    all.filter(|(function, code)| !is_documented(function, code))
        .map(|(function, code)| format!("{function}: {code}"))
        .collect()
}
