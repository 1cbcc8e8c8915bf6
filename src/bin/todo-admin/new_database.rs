//! A new database into which an archive is restored, and which is dropped again if that fails.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::installed::trusted;
use crate::new_file::NewFile;
use crate::programs::Programs;
use crate::sql::admin_sql;
use postgres_protocol::escape::escape_identifier;
use std::fs;
use std::path::Path;
use uuid::Uuid;

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

/// Runs pg_restore. By filling tables of the SQL edition, a superuser runs code of their owner, so a superuser has to
/// trust this role. The guard of the SQL edition is left out, because few roles may create event triggers; the result is
/// whether there was one.
pub fn restore_archive(programs: &Programs, archive: &Path, database: &str, by_superuser: bool) -> Result<bool, Error> {
    let file = archive.display().to_string();
    let (list, _) = NewFile::create(std::env::temp_dir().join(format!("todo-admin-{}.list", Uuid::new_v4())))?;
    let list_path = list.path().display().to_string();
    programs.run("pg_restore", &["--list", "--file", &list_path, &file], database, None)?;
    let all = fs::read_to_string(list.path())?;
    if by_superuser && all.lines().any(|line| line.contains(" TABLE todo_internal installed ")) {
        trusted("the owner of the SQL edition in this archive could make a superuser run its code")?;
    }
    let (guard, others): (Vec<&str>, Vec<&str>) = all.lines().partition(|line| is_of_guard(line));
    fs::write(list.path(), others.join("\n"))?;
    // pg_restore would take a bare name that contains an equals sign for a connection string.
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    let into = format!("--dbname=dbname='{name}'");
    let arguments = ["--exit-on-error", "--no-password", "--use-list", &list_path, &into, &file];
    programs.run("pg_restore", &arguments, database, None)?;
    Ok(!guard.is_empty())
}

/// Whether a line of an archive's list is about the schema todo_guard, what is in it, or an event trigger of the guard.
/// Such a line is "NUMBER; OID OID KIND SCHEMA NAME OWNER", and has "-" for the schema of what is in none.
fn is_of_guard(line: &str) -> bool {
    let Some((_, object)) = line.split_once("; ") else { return false };
    let after_oids: Vec<&str> = object.split(' ').skip(2).collect();
    match after_oids.as_slice() {
        ["SCHEMA", "-", "todo_guard", ..] | ["FUNCTION", "todo_guard", ..] => true,
        ["COMMENT" | "ACL", "-", "SCHEMA", "todo_guard", ..] | ["COMMENT" | "ACL", "todo_guard", ..] => true,
        ["EVENT", "TRIGGER", "-", name, ..] => name.starts_with("todo_guard_on_"),
        ["COMMENT", "-", "EVENT", "TRIGGER", name, ..] => name.starts_with("todo_guard_on_"),
        _ => false,
    }
}
