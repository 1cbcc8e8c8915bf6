//! What keeps applications from writing where a user no longer is. A fence refuses all writes of a database. A placement refuses
//! those of users who belong to another one.

use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, trusted};
use crate::message::warn;
use crate::sql::{admin_sql, begin, undisturbed};
use postgres::{GenericClient, Transaction};
use std::time::Duration;

/// How many times to try to get locks behind which others have to wait.
const ATTEMPTS: u32 = 10;

/// A database's place in the list of shards.
#[derive(Clone, Copy)]
pub struct Placement {
    pub number: usize,
    pub modulus: usize,
}

/// Whether a database refuses all writes because a copy has taken its place.
pub fn is_up(session: &mut Session) -> Result<bool, Error> {
    let schema = Installed::schema_in_use(&mut session.client)?;
    Ok(session.client.query_one(&admin_sql!("fence_is_up", &schema), &[])?.get(0))
}

/// Refuses all writes from the commit on.
pub fn raise(transaction: &mut Transaction) -> Result<(), Error> {
    Ok(transaction.batch_execute(admin_sql!("fence_raise"))?)
}

/// Accepts writes again, at once.
pub fn lower(session: &mut Session) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    transaction.batch_execute(admin_sql!("fence_lower"))?;
    Ok(transaction.commit()?)
}

/// Makes writes wait until the transaction ends.
pub fn stop_writes(session: &mut Session) -> Result<Transaction<'_>, Error> {
    let mut transaction = begin(&mut session.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute(admin_sql!("fence_lock"))?;
    Ok(transaction)
}

/// Repeats work that fails because it cannot get its locks in a short time (55P03, 40P01). Others wait behind it while it waits, so
/// it must not wait for long.
pub fn patiently<T>(mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 0;
    loop {
        Error::if_interrupted()?;
        attempt += 1;
        match work() {
            Err(error) if matches!(error.sqlstate(), Some("55P03" | "40P01")) && attempt < ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(500));
            }
            Err(error) if error.sqlstate() == Some("55P03") => {
                return Err(
                    error.fix("end transactions that have been open for a long time, and run the command again")
                );
            }
            outcome => return outcome,
        }
    }
}

impl Placement {
    /// From the commit on, refuses new users of other shards, and all writes for such users who are still in the database.
    pub fn raise(self, transaction: &mut Transaction) -> Result<(), Error> {
        let schema = Installed::schema_in_use(transaction)?;
        let raise = admin_sql!("placement_raise", &schema)
            .replace("@number@", &self.number.to_string())
            .replace("@modulus@", &self.modulus.to_string());
        Ok(transaction.batch_execute(&raise)?)
    }

    /// Fails unless the database itself says that this is its place.
    pub fn must_be_of(self, session: &mut Session) -> Result<(), Error> {
        let (number, modulus) = (self.number as i64, self.modulus as i64);
        if session.client.query_one(admin_sql!("placement_is"), &[&number, &modulus])?.get(0) {
            return Ok(());
        }
        let database = session.conninfo.get("dbname").unwrap_or_default();
        Err(Error::new(format!(
            "database {database} does not say that it is shard {number} of {modulus}, so nothing is deleted"
        ))
        .fix("correct the file of shards"))
    }
}

/// Whether a database has users that have left it.
pub fn is_pending(session: &mut Session) -> Result<bool, Error> {
    Ok(session.client.query_one(admin_sql!("placement_is_pending"), &[])?.get(0))
}

/// Fails if something keeps users from being deleted, or their rows from being told apart.
pub fn refuse_obstacles(session: &mut Session) -> Result<(), Error> {
    let schema = Installed::schema_in_use(&mut session.client)?;
    let database = session.conninfo.get("dbname").unwrap_or_default().to_owned();
    no_obstacles(&mut session.client, &schema, &database)
}

fn no_obstacles(client: &mut impl GenericClient, schema: &str, database: &str) -> Result<(), Error> {
    match client.query(&admin_sql!("split_obstacles", schema), &[])?.first() {
        None => Ok(()),
        Some(row) => {
            let obstacle: String = row.get("obstacle");
            Err(Error::new(format!("{database} cannot be split: {obstacle}")).fix(row.get::<_, String>("fix")))
        }
    }
}

/// Begins a transaction that may delete users. Nobody can add code that would run then.
pub fn begin_removal<'a>(session: &'a mut Session, schema: &str) -> Result<Transaction<'a>, Error> {
    let database = session.conninfo.get("dbname").unwrap_or_default().to_owned();
    let mut transaction = begin(&mut session.client)?;
    undisturbed(&mut transaction)?;
    // Foreign keys must delete the users' rows, even if the database sets another session_replication_role.
    transaction.batch_execute("SET LOCAL session_replication_role = origin")?;
    transaction.batch_execute(&admin_sql!("placement_lock", schema))?;
    no_obstacles(&mut transaction, schema, &database)?;
    for row in transaction.query(&admin_sql!("placement_code", schema), &[])? {
        trusted(row.get("role"), "could make a superuser run its code when users are deleted")?;
    }
    transaction.batch_execute("SET LOCAL todo_admin.cleaning = 'on'")?;
    Ok(transaction)
}

/// Whether there are still triggers of a fence or placement that no longer have an effect.
pub fn remains(session: &mut Session) -> Result<bool, Error> {
    Ok(!session.client.query(admin_sql!("fence_remains"), &[])?.is_empty())
}

/// Drops the triggers that no longer have an effect, one by one, so that no one waits for long. The triggers of a table that is in use
/// are left for the next time.
pub fn drop_remains(session: &mut Session) -> Result<(), Error> {
    let statements = session.client.query(admin_sql!("fence_remains"), &[])?;
    for row in &statements {
        let statement: &str = row.get("statement");
        let outcome = patiently(|| {
            let mut transaction = begin(&mut session.client)?;
            transaction.batch_execute("SET LOCAL lock_timeout = '200ms'")?;
            transaction.batch_execute(statement)?;
            Ok(transaction.commit()?)
        });
        match outcome {
            Err(error) if error.sqlstate() == Some("55P03") => {
                warn(
                    "triggers that have no effect any more are left, because their tables are in use; run the command again to drop them",
                );
                return Ok(());
            }
            outcome => outcome?,
        }
    }
    Ok(())
}
