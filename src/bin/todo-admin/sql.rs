//! How the queries in `sql/admin/` are read, and statements that several commands run.

use crate::error::Error;
use postgres::{Client, IsolationLevel, Transaction};

/// The query in a file of `sql/admin/`. If it names objects of the extension, the second argument is the extension's schema,
/// quoted as an identifier.
macro_rules! admin_sql {
    ($file:literal) => {
        include_str!(concat!("../../../sql/admin/", $file, ".sql"))
    };
    ($file:literal, $schema:expr) => {
        admin_sql!($file).replace("@extschema@", $schema)
    };
}
pub(crate) use admin_sql;

/// Begins a READ COMMITTED transaction, whatever the default isolation level is. Scripts and grants need one, because they must see
/// each row as it is now.
pub fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    Ok(client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start()?)
}

/// Prepares a transaction that must see all rows and may take a long time.
pub fn undisturbed(transaction: &mut Transaction) -> Result<(), Error> {
    Ok(transaction.batch_execute(admin_sql!("undisturbed"))?)
}

/// Prepares a transaction that compares rows as text.
pub fn same_text(transaction: &mut Transaction) -> Result<(), Error> {
    Ok(transaction.batch_execute(admin_sql!("same_text"))?)
}

/// Prepares a transaction that writes password hashes: they stay out of the server's log, if this role can see to that.
pub fn discreet_log(transaction: &mut Transaction) -> Result<(), Error> {
    transaction.query(admin_sql!("discreet_log"), &[])?;
    Ok(())
}
