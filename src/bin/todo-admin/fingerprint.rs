//! What is compared when a backup has been restored.

use crate::connect::Session;
use crate::error::Error;
use crate::installed::Installed;
use crate::sql::{admin_sql, same_text, undisturbed};
use postgres::Transaction;

/// The numbers of rows, and what else has to be the same after a restore.
pub struct Fingerprint {
    pub users: i64,
    pub tasks: i64,
    checksums: [String; 2],
    last_id: i64,
}

impl Fingerprint {
    /// The fingerprint of the rows that a transaction sees.
    pub fn of(transaction: &mut Transaction) -> Result<Self, Error> {
        undisturbed(transaction)?;
        let schema = Installed::schema_of_rows(transaction)?;
        same_text(transaction)?;
        let row = transaction.query_one(&admin_sql!("fingerprint", &schema), &[])?;
        Ok(Self {
            users: row.get("users"),
            tasks: row.get("tasks"),
            checksums: [row.get("users_checksum"), row.get("tasks_checksum")],
            last_id: row.get("last_id"),
        })
    }

    /// The fingerprint of a database that has just been restored.
    pub fn of_database(session: &mut Session) -> Result<Self, Error> {
        let mut transaction = session.client.transaction()?;
        let fingerprint = Self::of(&mut transaction)?;
        transaction.commit()?;
        Ok(fingerprint)
    }

    /// Whether a dump with this fingerprint is complete. Its last id may be greater, because a sequence is not part of a
    /// snapshot.
    pub fn brings_back(&self, expected: &Self) -> bool {
        (self.users, self.tasks) == (expected.users, expected.tasks)
            && self.checksums == expected.checksums
            && self.last_id >= expected.last_id
    }
}
