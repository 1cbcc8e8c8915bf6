//! `status`: versions, numbers of users and tasks, and sizes.

use crate::args::Edition;
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, available};
use crate::output;
use crate::scripts::VERSION;
use crate::sql::{admin_sql, undisturbed};
use indicatif::HumanBytes;
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    database: String,
    schema: String,
    server_version: String,
    /// `extension` or `sql`.
    edition: &'static str,
    /// Of either edition; unknown to a role that may not read that of the SQL edition.
    extension_version: Option<String>,
    /// The version to which `upgrade` would update it, if that is another one.
    pending_upgrade: Option<String>,
    users: i64,
    active_users: i64,
    pending_tasks: i64,
    completed_tasks: i64,
    users_bytes: i64,
    tasks_bytes: i64,
    database_bytes: i64,
    next_task_id: i64,
    task_ids_left: i64,
    /// Roles that row-level security binds to the rows of the current user.
    isolated_roles: Vec<String>,
}

pub fn show(session: &mut Session, json: bool) -> Result<(), Error> {
    // One query, so that all numbers are of the same moment.
    let mut transaction = session.client.build_transaction().read_only(true).start()?;
    undisturbed(&mut transaction)?;
    let schema = Installed::schema_of_rows(&mut transaction)?;
    let installed = Installed::required(&mut transaction)?;
    let newest = match installed.edition {
        Edition::Extension => available(&mut transaction)?,
        Edition::Sql => installed.version.is_some().then(|| VERSION.to_owned()),
    };
    let row = transaction.query_one(&admin_sql!("status", &schema), &[])?;
    transaction.commit()?;
    let status = Status {
        database: row.get("database"),
        schema,
        server_version: row.get("server_version"),
        edition: if installed.edition == Edition::Sql { "sql" } else { "extension" },
        pending_upgrade: newest.filter(|newest| Some(newest) != installed.version.as_ref()),
        extension_version: installed.version,
        users: row.get("users"),
        active_users: row.get("active_users"),
        pending_tasks: row.get("pending"),
        completed_tasks: row.get("completed"),
        users_bytes: row.get("users_bytes"),
        tasks_bytes: row.get("tasks_bytes"),
        database_bytes: row.get("database_bytes"),
        next_task_id: row.get("next_task_id"),
        task_ids_left: row.get("task_ids_left"),
        isolated_roles: row.get("isolated_roles"),
    };
    if json {
        return output::json(&status);
    }
    let bytes = |bytes: i64| HumanBytes(bytes.unsigned_abs()).to_string();
    let upgrade =
        status.pending_upgrade.map_or(String::new(), |to| format!(" (todo-admin upgrade updates it to {to})"));
    let mut entries = vec![
        ("database", format!("{}, {}", status.database, bytes(status.database_bytes))),
        ("PostgreSQL", status.server_version),
        (
            "todo",
            format!(
                "{}{} in schema {}{upgrade}",
                status.extension_version.unwrap_or_default(),
                installed.edition.suffix(),
                status.schema
            ),
        ),
        ("users", format!("{} ({} active), {}", status.users, status.active_users, bytes(status.users_bytes))),
        (
            "tasks",
            format!(
                "{} ({} pending, {} completed), {}",
                status.pending_tasks + status.completed_tasks,
                status.pending_tasks,
                status.completed_tasks,
                bytes(status.tasks_bytes)
            ),
        ),
        ("task ids", format!("next {}, {} left", status.next_task_id, status.task_ids_left)),
    ];
    if !status.isolated_roles.is_empty() {
        entries.push(("isolated", status.isolated_roles.join(", ")));
    }
    output::list(&entries)
}
