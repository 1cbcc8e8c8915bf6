//! Logical replication from a database into its copy.

use crate::connect::Session;
use crate::error::Error;
use crate::shard_compare::AGAIN;
use crate::shard_file::Place;
use crate::sql::{admin_sql, begin, undisturbed};
use postgres::Row;
use postgres_protocol::escape::escape_literal;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long to wait for the process that uses a slot to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of the sessions that replicate, which take precedence over those of the database.
const OPTIONS: &str = "-c role=none -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";

/// What the comment of a publication begins with; an [`Outgoing`] follows, as JSON.
const MARK: &str = "todo-admin: copy to ";

/// The one copy that reads from a database.
#[derive(Deserialize, Serialize)]
pub struct Outgoing {
    pub copy: Place,
    /// Each copy has a slot with a name of its own. Otherwise another copy, left behind on a server that was down, could read the changes
    /// that this one has to read.
    slot: String,
}

impl Outgoing {
    /// The copy that reads from this database, or `None`. Fails if there is a publication of that name that is not ours.
    pub fn of(source: &mut Session) -> Result<Option<Self>, Error> {
        let Some(row) = source.client.query_opt(admin_sql!("copy_outgoing"), &[])? else { return Ok(None) };
        let comment: Option<String> = row.get("comment");
        match comment.as_deref().and_then(|text| serde_json::from_str(text.strip_prefix(MARK)?).ok()) {
            Some(outgoing) => Ok(Some(outgoing)),
            None => {
                Err(Error::new("there is a publication todo_copy, which todo-admin did not create").fix("rename it"))
            }
        }
    }

    /// The command of todo-admin shards that makes the copy.
    pub fn command(&self, original: &Place) -> String {
        if self.copy.database == original.database {
            format!("move {} --to {}", self.copy.database, self.copy.server)
        } else {
            "split".to_owned()
        }
    }

    /// Whether the copy is reading from the slot now.
    pub fn is_read(&self, source: &mut Session) -> Result<bool, Error> {
        let row = source.client.query_opt(admin_sql!("copy_slot"), &[&self.slot])?;
        Ok(row.is_some_and(|row| row.get::<_, Option<i32>>("active_pid").is_some()))
    }
}

/// Fails if another copy than this one reads from a database, or could go on to do so.
pub fn must_be_free(source: &mut Session, original: &Place, copy: Option<&Place>) -> Result<(), Error> {
    match Outgoing::of(source)? {
        Some(other) if copy != Some(&other.copy) => {
            Err(Error::new(format!("a copy of {} has been started: {}", original.title(), other.copy.title())).fix(
                format!("finish it with todo-admin shards {}, or add --cancel to give it up", other.command(original)),
            ))
        }
        _ => Ok(()),
    }
}

/// Starts to replicate all rows. Returns the name of the slot.
pub fn subscribe(source: &mut Session, target: &mut Session, copy: &Place) -> Result<String, Error> {
    // What a command that was stopped has left.
    unpublish(source, copy)?;
    let outgoing = Outgoing { copy: copy.clone(), slot: format!("todo_copy_{}", Uuid::new_v4().simple()) };
    let comment = format!("{MARK}{}", serde_json::to_string(&outgoing).map_err(Error::new)?);
    let slot = outgoing.slot;
    // The comment names the slot, so that a later command can drop it. So it is committed before the slot is created.
    let mut transaction = begin(&mut source.client)?;
    transaction.batch_execute(&format!(
        "CREATE PUBLICATION todo_copy FOR ALL TABLES; COMMENT ON PUBLICATION todo_copy IS {}",
        escape_literal(&comment)
    ))?;
    transaction.commit()?;
    // This waits until all transactions that are running now have ended. No one waits behind it, so it may take long.
    let mut transaction = begin(&mut source.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute("SET LOCAL lock_timeout = 0")?;
    transaction.execute(
        "SELECT pg_catalog.pg_create_logical_replication_slot($1::pg_catalog.text::pg_catalog.name, 'pgoutput')",
        &[&slot],
    )?;
    transaction.commit()?;
    let mut from = format!("{} options='{OPTIONS}'", source.conninfo.text());
    if let Some(password) = source.conninfo.password() {
        from += &format!(" password='{}'", password.replace('\\', "\\\\").replace('\'', "\\'"));
    }
    let create = format!(
        "CREATE SUBSCRIPTION todo_copy CONNECTION {} PUBLICATION todo_copy
         WITH (create_slot = false, slot_name = {}, disable_on_error = true, synchronous_commit = 'on')",
        escape_literal(&from),
        escape_literal(&slot)
    );
    let mut transaction = begin(&mut target.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute(admin_sql!("unlogged_statements"))?;
    transaction.batch_execute(&create)?;
    transaction.commit()?;
    Ok(slot)
}

/// How far replication is. Fails if it has stopped.
pub fn must_run(target: &mut Session) -> Result<Row, Error> {
    let row = target.client.query_opt(admin_sql!("copy_progress"), &[])?;
    let row = row.ok_or_else(|| Error::new("the subscription of the copy has been dropped").fix(AGAIN))?;
    if row.get("is_enabled") {
        return Ok(row);
    }
    Err(Error::new("replication into the copy has failed")
        .fix("see the log of the copy's server, remove the cause, and run the command again"))
}

/// How much of the log, up to a position or up to now, the copy has not confirmed.
pub fn lag(original: &mut Session, slot: &str, position: Option<&str>) -> Result<i64, Error> {
    let row = original.client.query_opt(admin_sql!("copy_lag"), &[&position, &slot])?;
    row.and_then(|row| row.get("bytes")).ok_or_else(|| {
        Error::new("the replication slot of the copy is lost")
            .fix("run the command with --cancel, set a larger max_slot_wal_keep_size, and run it again")
    })
}

/// Waits until the copy has everything that has been committed in the original so far.
pub fn catch_up(original: &mut Session, copy: &mut Session, slot: &str, limit: Duration) -> Result<(), Error> {
    // Once this message is committed, everything that was committed before it is in the log before the position, and on the disk.
    let mut message = original.client.transaction()?;
    message.query_one("SELECT pg_catalog.pg_logical_emit_message(true, 'todo-admin', '')", &[])?;
    message.commit()?;
    let position: String =
        original.client.query_one("SELECT pg_catalog.pg_current_wal_lsn()::pg_catalog.text", &[])?.get(0);
    let start = Instant::now();
    while lag(original, slot, Some(&position))? > 0 {
        Error::if_interrupted()?;
        must_run(copy)?;
        if start.elapsed() > limit {
            return Err(Error::new("the copy does not catch up, and writes go on in the original")
                .fix("see the log of the copy's server, and run the command again when there are fewer writes"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Ends the replication into a copy. May be called again if it was stopped.
pub fn end(source: &mut Session, target: &mut Session, copy: &Place) -> Result<(), Error> {
    if target.client.query_opt(admin_sql!("copy_progress"), &[])?.is_some() {
        // The subscription must not try to drop the slot itself: perhaps only this program can reach both servers.
        target.client.batch_execute("ALTER SUBSCRIPTION todo_copy DISABLE")?;
        target.client.batch_execute("ALTER SUBSCRIPTION todo_copy SET (slot_name = NONE)")?;
        target.client.batch_execute("DROP SUBSCRIPTION todo_copy")?;
    }
    unpublish(source, copy)?;
    // The copy has a publication as well if the original had it when its schema was dumped.
    if target.client.query_opt(admin_sql!("copy_outgoing"), &[])?.is_some() {
        target.client.batch_execute("DROP PUBLICATION todo_copy")?;
    }
    Ok(())
}

/// Fails if a copy could still read from the original.
pub fn must_have_ended(source: &mut Session) -> Result<(), Error> {
    if source.client.query_opt(admin_sql!("copy_outgoing"), &[])?.is_some() {
        return Err(Error::new("replication from this database has not ended, so nothing is deleted"));
    }
    Ok(())
}

/// Drops the slot and the publication from which this copy reads. Those of another copy stay.
pub fn unpublish(source: &mut Session, copy: &Place) -> Result<(), Error> {
    if let Some(outgoing) = Outgoing::of(source)?.filter(|outgoing| outgoing.copy == *copy) {
        drop_slot(source, &outgoing.slot)?;
        source.client.batch_execute("DROP PUBLICATION todo_copy")?;
    }
    Ok(())
}

/// Drops a slot, if it exists, after ending the session that reads from it: the subscription is dropped, disabled, or out of reach.
fn drop_slot(source: &mut Session, slot: &str) -> Result<(), Error> {
    let start = Instant::now();
    let drop = "SELECT pg_catalog.pg_drop_replication_slot($1::pg_catalog.text::pg_catalog.name)";
    while let Some(row) = source.client.query_opt(admin_sql!("copy_slot"), &[&slot])? {
        if let Some(pid) = row.get::<_, Option<i32>>("active_pid") {
            source.client.query_one(admin_sql!("copy_reader_end"), &[&pid])?;
        }
        match source.client.execute(drop, &[&slot]).map_err(Error::from) {
            Ok(_) => break,
            Err(error) if error.sqlstate() != Some("55006") || start.elapsed() > PATIENCE => return Err(error),
            Err(_) => {
                Error::if_interrupted()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
    Ok(())
}
