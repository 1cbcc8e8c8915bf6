//! `status`: versions, numbers of users and tasks, and sizes.

use crate::args::Edition;
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, available, is_newer};
use crate::output;
use crate::scripts::VERSION;
use crate::sql::{admin_sql, undisturbed};
use indicatif::HumanBytes;
use serde::Serialize;

/// The state of a database.
#[derive(Serialize)]
pub struct Status {
    database: String,
    schema: String,
    server_version: String,
    edition: Edition,
    /// The version of either edition; `None` if this role may not read that of the SQL edition.
    pub extension_version: Option<String>,
    /// The version to which `upgrade` would update it, if that is a newer one.
    pending_upgrade: Option<String>,
    pub users: i64,
    active_users: i64,
    pub pending_tasks: i64,
    pub completed_tasks: i64,
    users_bytes: i64,
    tasks_bytes: i64,
    pub database_bytes: i64,
    next_task_id: i64,
    task_ids_left: i64,
    /// Roles that row-level security binds to the rows of the current user.
    isolated_roles: Vec<String>,
}

/// Shows the state of the database.
pub fn show(session: &mut Session, json: bool) -> Result<(), Error> {
    let status = Status::of(session)?;
    if json { output::json(&status) } else { output::list(&status.entries()) }
}

impl Status {
    /// Reads the state. Fails if the role may not read all rows of the tables.
    pub fn of(session: &mut Session) -> Result<Self, Error> {
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
        Ok(Self {
            database: row.get("database"),
            schema,
            server_version: row.get("server_version"),
            edition: installed.edition,
            pending_upgrade: newest
                .filter(|newest| installed.version.as_ref().is_none_or(|version| is_newer(newest, version))),
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
        })
    }

    /// Names and values for people.
    fn entries(&self) -> Vec<(&'static str, String)> {
        let bytes = |bytes: i64| HumanBytes(bytes.unsigned_abs()).to_string();
        let upgrade = self
            .pending_upgrade
            .as_ref()
            .map_or(String::new(), |to| format!(" (todo-admin upgrade updates it to {to})"));
        let mut entries = vec![
            ("database", format!("{}, {}", self.database, bytes(self.database_bytes))),
            ("PostgreSQL", self.server_version.clone()),
            (
                "todo",
                format!(
                    "{}{} in schema {}{upgrade}",
                    self.extension_version.as_deref().unwrap_or("unknown version"),
                    self.edition.suffix(),
                    self.schema
                ),
            ),
            ("users", format!("{} ({} active), {}", self.users, self.active_users, bytes(self.users_bytes))),
            (
                "tasks",
                format!(
                    "{} ({} pending, {} completed), {}",
                    self.pending_tasks + self.completed_tasks,
                    self.pending_tasks,
                    self.completed_tasks,
                    bytes(self.tasks_bytes)
                ),
            ),
            ("task ids", format!("next {}, {} left", self.next_task_id, self.task_ids_left)),
        ];
        if !self.isolated_roles.is_empty() {
            entries.push(("isolated", self.isolated_roles.join(", ")));
        }
        entries
    }
}
