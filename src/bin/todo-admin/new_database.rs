//! A new database into which an archive is restored, and which is dropped again if that fails.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::programs::Programs;
use crate::sql::admin_sql;
use postgres_protocol::escape::escape_identifier;
use std::path::Path;

/// Whether to keep a database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Keep,
    Drop,
}

/// Creates a database like that of the session, and works on it. It is kept only if the work succeeds and says so.
pub fn with_new_database(
    session: &mut Session,
    name: &str,
    work: impl FnOnce(Conninfo) -> Result<Fate, Error>,
) -> Result<(), Error> {
    let create: String = session.client.query_one(admin_sql!("create_database"), &[&name])?.get(0);
    session.client.batch_execute(&create)?;
    let outcome = work(session.conninfo.with_database(name));
    if !matches!(outcome, Ok(Fate::Keep)) {
        drop_database(session, name)?;
    }
    outcome.map(drop)
}

fn drop_database(session: &mut Session, name: &str) -> Result<(), Error> {
    let drop = format!("DROP DATABASE {}", escape_identifier(name));
    if session.client.batch_execute(&drop).is_ok() {
        return Ok(());
    }
    // Another session may not have ended yet, and Ctrl-C may have cancelled the command or closed this one.
    let mut again = Session::open(session.conninfo.clone())?;
    Ok(again.client.batch_execute(&format!("{drop} WITH (FORCE)"))?)
}

/// Runs pg_restore.
pub fn restore_archive(programs: &Programs, archive: &Path, database: &str) -> Result<(), Error> {
    let file = archive.display().to_string();
    // pg_restore would take a bare name that contains an equals sign for a connection string.
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    let into = format!("--dbname=dbname='{name}'");
    programs.run("pg_restore", &["--exit-on-error", "--no-password", &into, &file], database, None)
}
