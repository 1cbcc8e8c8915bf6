//! `grant` and `revoke`: run the extension's functions, and show what the role may do afterwards.

use crate::args::Grant;
use crate::connect::Session;
use crate::error::Error;
use crate::installed::Installed;
use crate::message::printable;
use crate::output;
use crate::sql::{admin_sql, begin};
use postgres::Transaction;

/// Runs `todo_grant()`.
pub fn grant(session: &mut Session, Grant { role, tables, isolated }: &Grant) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    let schema = Installed::schema_in_use(&mut transaction)?;
    let access = match (tables, isolated) {
        (true, _) => "tables",
        (_, true) => "isolated",
        _ => "api",
    };
    transaction.query(&admin_sql!("grant", &schema), &[role, &access])?;
    commit_and_show(transaction, &schema, role)
}

/// Runs `todo_revoke()`.
pub fn revoke(session: &mut Session, role: &str) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    let schema = Installed::schema_in_use(&mut transaction)?;
    transaction.query(&admin_sql!("revoke", &schema), &[&role])?;
    commit_and_show(transaction, &schema, role)
}

fn commit_and_show(mut transaction: Transaction, schema: &str, role: &str) -> Result<(), Error> {
    let rights = transaction.query(&admin_sql!("rights", schema), &[&role])?;
    transaction.commit()?;
    output::say(format!("{} may now use:", printable(role)));
    for row in rights {
        output::say(format!("  {}", row.get::<_, &str>("what")));
    }
    Ok(())
}
