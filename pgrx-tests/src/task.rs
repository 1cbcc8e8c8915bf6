//! Tasks as a client reads them.

use postgres::Client;
use postgres::types::{FromSql, ToSql, Type};
use std::error::Error;

/// A `timestamp` as PostgreSQL sends it: microseconds since 2000-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TIMESTAMP)
    }
}

/// A task, with all columns of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: i32,
    pub user_id: String,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
}

impl From<&postgres::Row> for Task {
    fn from(row: &postgres::Row) -> Self {
        assert_eq!(row.len(), 8, "a task has eight columns");
        Self::within(row)
    }
}

impl Task {
    /// The task in a row with further columns.
    pub fn within(row: &postgres::Row) -> Self {
        Self {
            id: row.get("id"),
            user_id: row.get("user_id"),
            title: row.get("title"),
            description: row.get("description"),
            completed: row.get("completed"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            completed_at: row.get("completed_at"),
        }
    }
}

/// The tasks that a query returns.
#[track_caller]
pub fn tasks(client: &mut Client, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Task> {
    client.query(query, parameters).unwrap_or_else(|e| panic!("{query}: {e}")).iter().map(Task::from).collect()
}

/// The one task that a query returns.
#[track_caller]
pub fn task(client: &mut Client, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Task {
    let mut tasks = tasks(client, query, parameters);
    assert_eq!(tasks.len(), 1, "{query}");
    tasks.remove(0)
}
