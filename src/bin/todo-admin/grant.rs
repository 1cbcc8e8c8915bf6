//! `grant` and `revoke`: the extension's own functions, and what the role may do afterwards.

use crate::connect::Session;
use crate::error::Error;
use crate::extension::{Extension, admin_sql};
use crate::output::{self, printable};

pub fn grant(session: &mut Session, role: &str, tables: bool) -> Result<(), Error> {
    let access = if tables { "tables" } else { "api" };
    change(session, role, "todo_grant($1, $2)", &[&role, &access])
}

pub fn revoke(session: &mut Session, role: &str) -> Result<(), Error> {
    change(session, role, "todo_revoke($1)", &[&role])
}

fn change(
    session: &mut Session,
    role: &str,
    call: &str,
    arguments: &[&(dyn postgres::types::ToSql + Sync)],
) -> Result<(), Error> {
    let mut transaction = session.client.transaction()?;
    let schema = Extension::schema_in_use(&mut transaction)?;
    transaction.query(&format!("SELECT {schema}.{call}"), arguments)?;
    let rights = transaction.query(&admin_sql!("rights", &schema), &[&role])?;
    transaction.commit()?;
    output::say(format!("{} may now use:", printable(role)));
    for row in rights {
        output::say(format!("  {}", row.get::<_, &str>(0)));
    }
    Ok(())
}
