//! A new database into which an archive is restored, and which is dropped again if that fails.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::installed::is_trusted;
use crate::new_file::NewFile;
use crate::programs::Programs;
use crate::sql::admin_sql;
use postgres::Client;
use postgres::error::SqlState;
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

/// Creates a database like that of the session, and works on it. It is kept only if the work succeeds and says so. Until then,
/// only its owner and superusers can connect: others could read rows that policies will hide, or put tables in the place of
/// those to be filled.
pub fn with_new_database(
    session: &mut Session,
    name: &str,
    work: impl FnOnce(Conninfo) -> Result<Fate, Error>,
) -> Result<(), Error> {
    // The owner of a new database can connect to it, so that must not be a role that someone else has set. And creating a database may
    // take longer than the role's statement_timeout.
    session.leave_role_of_database()?;
    session.client.batch_execute("SET statement_timeout = 0")?;
    let create: String = session.client.query_one(admin_sql!("create_database"), &[&name])?.get(0);
    session.client.batch_execute(&create).map_err(|error| {
        // A server that was shut down may have created it before.
        let code = error.code().cloned();
        let error = Error::from(error);
        match code.as_ref().map(SqlState::code) {
            Some("42501") => error.fix("give this role CREATEDB with ALTER ROLE, or connect as a role that has it"),
            Some(code) if !code.starts_with("57P") => error,
            _ => left_behind(error, name, "may be left"),
        }
    })?;
    let quoted = escape_identifier(name);
    let close = format!("REVOKE ALL ON DATABASE {quoted} FROM PUBLIC; ALTER DATABASE {quoted} ALLOW_CONNECTIONS true");
    let open = format!("GRANT CONNECT, TEMPORARY ON DATABASE {quoted} TO PUBLIC");
    let outcome = session.client.batch_execute(&close).map_err(Error::from).and_then(|()| {
        let fate = work(session.conninfo.with_database(name))?;
        if fate == Fate::Keep {
            session.client.batch_execute(&open)?;
        }
        Ok(fate)
    });
    if !matches!(outcome, Ok(Fate::Keep))
        && let Err(error) = drop_database(session, name)
    {
        return Err(left_behind(outcome.err().unwrap_or(error), name, "is left"));
    }
    outcome.map(drop)
}

/// The error, with the information that a new database is left, which may hold the rows of the archive, and how to drop it.
fn left_behind(error: Error, name: &str, is_left: &str) -> Error {
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", escape_identifier(name));
    let message = format!("{error}; but the new database {name} {is_left}");
    error.reworded(message).fix(format!("drop it: {drop}"))
}

fn drop_database(session: &mut Session, name: &str) -> Result<(), Error> {
    let drop = format!("DROP DATABASE {}", escape_identifier(name));
    if session.client.batch_execute(&drop).is_ok() {
        return Ok(());
    }
    // Another session may not have ended yet, and Ctrl-C may have cancelled the command or closed this one.
    let mut again = Session::open(session.conninfo.clone())?;
    // Dropping a database may take longer than the role's statement_timeout, too.
    again.client.batch_execute("SET statement_timeout = 0")?;
    Ok(again.client.batch_execute(&format!("{drop} WITH (FORCE)"))?)
}

/// Which part of an archive is restored.
pub enum Content {
    /// Everything, by a superuser: the archive is of the schema alone.
    Schema,
    /// Everything except the guard of the SQL edition, because few roles may create event triggers.
    All,
    /// The same on trial: without subscriptions, which would keep the database from being dropped.
    Tried,
    /// On trial by a non-superuser: what belongs to this role, or to one that the operator trusts. In the restored database it all
    /// belongs to the operator, because only a superuser can give objects to any role.
    Own { role: String, roles: Roles, is_all: bool },
    /// The extension, and the rows of its tables. Nothing that another role has made is restored.
    OnlyTodo(Todo),
}

impl Content {
    /// Whether nothing that the application has made is left out.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All | Self::Tried | Self::Own { is_all: true, .. })
    }
}

/// How an archive's list names the extension: its schemas and tables by their OIDs, and the whole line of its sequence.
pub struct Todo {
    schemas: Vec<u32>,
    tables: Vec<u32>,
    sequence: String,
}

impl Todo {
    /// Reads the catalog of the database of which the archive was made.
    pub fn of(client: &mut Client) -> Result<Self, Error> {
        let row = client.query_one(admin_sql!("todo_in_archive"), &[])?;
        Ok(Self { schemas: row.get("schemas"), tables: row.get("tables"), sequence: row.get("sequence") })
    }

    /// Whether a line of the list is about the extensions, their schemas, or the rows of their tables.
    fn has(&self, line: &str) -> bool {
        let Some(what) = after_oids(line) else { return false };
        let oid = line.split(' ').nth(2).and_then(|oid| oid.parse().ok());
        let is_one_of = |oids: &[u32]| oid.is_some_and(|oid| oids.contains(&oid));
        what.starts_with("EXTENSION - todo ")
            || what.starts_with("EXTENSION - todo_auth ")
            || what.starts_with("SCHEMA - ") && is_one_of(&self.schemas)
            || what.starts_with("TABLE DATA ") && is_one_of(&self.tables)
            || what == self.sequence
    }
}

/// The roles of the server, and whether running their code gives them no right.
pub struct Roles(Vec<(String, bool)>);

impl Roles {
    /// Reads the roles of the server.
    pub fn of(client: &mut Client) -> Result<Self, Error> {
        let rows = client.query(admin_sql!("roles"), &[])?;
        // pg_restore --list writes a space in place of a line break.
        let shown = |name: String| name.replace(['\n', '\r'], " ");
        Ok(Self(rows.iter().map(|row| (shown(row.get("role")), row.get("is_safe"))).collect()))
    }

    /// The owner at the end of a line of an archive's list, if that owner has to be trusted.
    ///
    /// The line of an object without an owner ends with a space. A name may contain spaces, so the end of a line can fit several roles.
    /// Then one that is not safe counts before one that is, and a longer name before a shorter one.
    fn to_trust<'line>(&'line self, line: &'line str) -> Option<&'line str> {
        if runs_no_code(line) {
            return None;
        }
        let of = |role: &str| line.strip_suffix(role).is_some_and(|rest| rest.ends_with(' '));
        let known = self.0.iter().filter(|(role, _)| of(role)).max_by_key(|(role, is_safe)| (!is_safe, role.len()));
        let (owner, is_safe) = match known {
            Some((role, is_safe)) => (role.as_str(), *is_safe),
            None => (line.rsplit(' ').next().unwrap_or_default(), false),
        };
        (!owner.is_empty() && !is_safe).then_some(owner)
    }

    /// Whether everything in an archive belongs to this role, to one that the operator trusts, or to none.
    pub fn own_all(&self, programs: &Programs, archive: &Path, database: &str, role: &str) -> Result<bool, Error> {
        let (_list, lines) = list_of(programs, archive, database)?;
        let mut lines = lines.lines().filter(|line| !line.starts_with(';') && !is_of_guard(line) && !line.is_empty());
        // A new database has the schema public already.
        Ok(lines.all(|line| self.is_own(line, role) || is_schema_public(line)))
    }

    /// The same for one line. If the end of the line fits several roles, the longest name counts.
    fn is_own(&self, line: &str, own: &str) -> bool {
        let of = |role: &str| line.strip_suffix(role).is_some_and(|rest| rest.ends_with(' '));
        // The rows of all large objects are one entry.
        if after_oids(line).is_some_and(|what| what.starts_with("BLOB")) {
            return false;
        }
        match self.0.iter().map(|(role, _)| role.as_str()).filter(|role| of(role)).max_by_key(|role| role.len()) {
            Some(role) => role == own || is_trusted(role),
            None => line.ends_with(' '),
        }
    }

    /// The owner of something in an archive who has to be trusted before it is restored, and is not. CHECK constraints, for
    /// example, run with the operator's rights.
    pub fn untrusted_owner(
        &self,
        programs: &Programs,
        archive: &Path,
        database: &str,
    ) -> Result<Option<String>, Error> {
        let (_list, lines) = list_of(programs, archive, database)?;
        let lines = lines.lines().filter(|line| !line.starts_with(';') && !is_of_guard(line));
        Ok(lines.filter_map(|line| self.to_trust(line)).find(|owner| !is_trusted(owner)).map(str::to_owned))
    }
}

/// A file with the list of what is in an archive, and its text.
fn list_of(programs: &Programs, archive: &Path, database: &str) -> Result<(NewFile, String), Error> {
    let (list, _) = NewFile::create(std::env::temp_dir().join(format!("todo-admin-{}.list", Uuid::new_v4())))?;
    let (list_path, file) = (list.path().display().to_string(), archive.display().to_string());
    programs.run("pg_restore", &["--list", "--file", &list_path, &file], database, None)?;
    let lines = fs::read_to_string(list.path())?;
    Ok((list, lines))
}

/// Runs pg_restore. Returns whether the archive has the guard of the SQL edition, which only [`Content::Schema`] restores.
pub fn restore_archive(programs: &Programs, archive: &Path, database: &str, content: &Content) -> Result<bool, Error> {
    let (list, all) = list_of(programs, archive, database)?;
    let (file, list_path) = (archive.display().to_string(), list.path().display().to_string());
    let lines = all.lines().filter(|line| !line.starts_with(';'));
    let (guard, others): (Vec<&str>, Vec<&str>) = lines.clone().partition(|line| is_of_guard(line));
    let chosen: Vec<&str> = match content {
        Content::Schema => lines.collect(),
        Content::All => others,
        Content::Tried => others.into_iter().filter(|line| !is_of_subscription(line)).collect(),
        Content::Own { role, roles, .. } => others.into_iter().filter(|line| roles.is_own(line, role)).collect(),
        Content::OnlyTodo(todo) => others.into_iter().filter(|line| todo.has(line)).collect(),
    };
    fs::write(list.path(), chosen.join("\n"))?;
    // pg_restore would take a bare name that contains an equals sign for a connection string.
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    let into = format!("--dbname=dbname='{name}'");
    let mut arguments = vec!["--exit-on-error", "--no-password", "--use-list", &list_path, &into];
    if matches!(content, Content::Own { .. }) {
        arguments.push("--no-owner");
    }
    arguments.push(&file);
    programs.run("pg_restore", &arguments, database, None)?;
    Ok(!guard.is_empty())
}

/// Whether a line of an archive's list is about the schema todo_guard, what is in it, or an event trigger of the guard.
fn is_of_guard(line: &str) -> bool {
    let words: Vec<&str> = after_oids(line).unwrap_or_default().split(' ').collect();
    match words.as_slice() {
        ["SCHEMA", "-", "todo_guard", ..] | ["FUNCTION", "todo_guard", ..] => true,
        ["COMMENT" | "ACL", "-", "SCHEMA", "todo_guard", ..] | ["COMMENT" | "ACL", "todo_guard", ..] => true,
        ["EVENT", "TRIGGER", "-", name, ..] => name.starts_with("todo_guard_on_"),
        ["COMMENT", "-", "EVENT", "TRIGGER", name, ..] => name.starts_with("todo_guard_on_"),
        _ => false,
    }
}

/// Whether a line of an archive's list is of a kind that runs no code, so that its owner need not be trusted.
fn runs_no_code(line: &str) -> bool {
    let kind = after_oids(line).unwrap_or_default();
    ["SCHEMA ", "ACL ", "COMMENT ", "DEFAULT ACL "].iter().any(|harmless| kind.starts_with(harmless))
}

/// Whether a line of an archive's list is the schema public of a new database, its rights or its comment.
fn is_schema_public(line: &str) -> bool {
    let what = after_oids(line).unwrap_or_default();
    ["SCHEMA - public ", "ACL - SCHEMA public ", "COMMENT - SCHEMA public "]
        .iter()
        .any(|kind| what.strip_prefix(kind) == Some("pg_database_owner"))
}

fn is_of_subscription(line: &str) -> bool {
    let what = after_oids(line).unwrap_or_default();
    ["SUBSCRIPTION ", "COMMENT - SUBSCRIPTION "].iter().any(|kind| what.starts_with(kind))
}

/// What a line of an archive's list is about. The line is "NUMBER; OID OID KIND SCHEMA NAME OWNER", and has "-" for the schema
/// of what is in none.
fn after_oids(line: &str) -> Option<&str> {
    line.split_once("; ")?.1.splitn(3, ' ').nth(2)
}

#[cfg(test)]
#[path = "new_database_tests.rs"]
mod tests;
