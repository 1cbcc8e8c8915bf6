//! Whether the rows of two databases are the same.

use crate::error::Error;
use crate::message::count;
use crate::sql::{admin_sql, same_text};
use postgres::Transaction;
use std::collections::BTreeMap;
use std::time::Duration;

/// Fails unless both have the same rows in all tables.
pub fn compare(original: &mut Transaction, copy: &mut Transaction) -> Result<(), Error> {
    let tables = tables(original)?;
    if self::tables(copy)? != tables {
        return Err(Error::new("the tables of the copy are not those of the original").fix(AGAIN));
    }
    let (expected, found) = std::thread::scope(|scope| {
        let of_copy = scope.spawn(|| checksums(copy, &tables));
        let expected = checksums(original, &tables);
        // The server would end the original's session if it were idle for too long.
        while expected.is_ok() && !of_copy.is_finished() {
            std::thread::sleep(Duration::from_millis(100));
            if let Err(error) = original.query_one("SELECT 1", &[]) {
                return (Err(error.into()), of_copy.join());
            }
        }
        (expected, of_copy.join())
    });
    let expected = expected?;
    let found = found.unwrap_or_else(|_| Err(Error::new("the copy could not be read")))?;
    match tables.iter().find(|&table| expected.get(table) != found.get(table)) {
        None => Ok(()),
        Some(table) => Err(Error::new(format!(
            "table {table} differs in the copy ({} there, {} in the original), and writes go on in the original",
            count(found.get(table).map_or(0, |&(rows, _)| rows), "row"),
            count(expected.get(table).map_or(0, |&(rows, _)| rows), "row"),
        ))
        .fix(AGAIN)),
    }
}

/// What to do when a copy cannot be used.
pub const AGAIN: &str = "run the command with --cancel, and then again";

/// The tables whose rows are replicated.
pub fn tables(transaction: &mut Transaction) -> Result<Vec<String>, Error> {
    Ok(transaction.query(admin_sql!("copy_tables"), &[])?.iter().map(|row| row.get("name")).collect())
}

/// The number of rows of each table, and a checksum that does not depend on their order. format() turns a row into text as PostgreSQL
/// writes a record. A cast to text could be a function that another role has defined.
fn checksums(transaction: &mut Transaction, tables: &[String]) -> Result<BTreeMap<String, (i64, String)>, Error> {
    same_text(transaction)?;
    let mut checksums = BTreeMap::new();
    for table in tables {
        Error::if_interrupted()?;
        let query = format!(
            "SELECT pg_catalog.count(*),
                 pg_catalog.concat(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.format('%s', ROW(t.*)), 0)))
             FROM ONLY {table} AS t"
        );
        let row = transaction.query_one(&query, &[])?;
        checksums.insert(table.clone(), (row.get(0), row.get(1)));
    }
    Ok(checksums)
}
