//! `doctor`: what `todo_check()` finds, and what the database cannot check by itself.

use crate::args::Edition;
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, is_newer};
use crate::message::{bad, count, dim, good, printable};
use crate::output;
use crate::sql::admin_sql;
use postgres::{Client, Row};
use serde::Serialize;
use std::process::ExitCode;

/// The exit code if there are findings.
const FINDINGS: u8 = 1;
/// The exit code if the checks cannot be run.
pub const CANNOT_CHECK: u8 = 2;

const WRITE_UTC: &str =
    "NOW() is stored in UTC in every time zone, but an application that writes local times must convert them";

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    /// Worth knowing, but not wrong.
    Note,
    Finding,
}

/// One check and its outcome.
#[derive(Serialize)]
pub struct Check {
    name: String,
    level: Level,
    detail: String,
    fix: Option<String>,
}

impl Check {
    /// A check that has found nothing wrong.
    pub fn ok(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), level: Level::Ok, detail: detail.into(), fix: None }
    }

    fn note(name: &str, detail: impl Into<String>, fix: &str) -> Self {
        Self { level: Level::Note, fix: Some(fix.to_owned()), ..Self::ok(name, detail) }
    }

    /// A check that has found something wrong, and how to fix it.
    pub fn finding(name: &str, detail: impl Into<String>, fix: &str) -> Self {
        Self { level: Level::Finding, ..Self::note(name, detail, fix) }
    }

    fn of_row(row: &Row, level: Level) -> Self {
        Self { name: row.get("name"), level, detail: row.get("detail"), fix: row.get("fix") }
    }
}

/// Checks the database, prints the outcome, and returns the exit code.
pub fn examine(session: &mut Session, json: bool) -> Result<ExitCode, Error> {
    let checks = Checks::of(session)?;
    if json {
        output::json(&checks)?;
    } else {
        checks.show()?;
    }
    Ok(checks.exit_code())
}

/// What has been checked.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Checks(Vec<Check>);

impl From<Check> for Checks {
    fn from(check: Check) -> Self {
        Self(vec![check])
    }
}

impl Checks {
    /// Checks everything. Fails if something cannot be checked.
    pub fn of(session: &mut Session) -> Result<Self, Error> {
        let schema = Installed::schema_in_use(&mut session.client)?;
        let installed = Installed::required(&mut session.client)?;
        let mut checks = Vec::new();
        if let (Edition::Extension, Some(version)) = (installed.edition, installed.version) {
            checks.push(library(&mut session.client, &version)?);
        }
        checks.extend(connection(session)?);
        checks.push(time_zones_of_roles(&mut session.client)?);
        checks.extend(collations(&mut session.client, &schema)?);
        checks.extend(todo_check(&mut session.client, &schema)?);
        Ok(Self(checks))
    }

    /// Adds a check that the caller has made.
    pub fn push(&mut self, check: Check) {
        self.0.push(check);
    }

    fn findings(&self) -> usize {
        self.0.iter().filter(|check| check.level == Level::Finding).count()
    }

    /// 0, or [`FINDINGS`] if there are any.
    pub fn exit_code(&self) -> ExitCode {
        if self.findings() == 0 { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) }
    }

    /// Prints everything that is not in order, and how many findings there are.
    pub fn show(&self) -> Result<(), Error> {
        for check in self.0.iter().filter(|check| check.level != Level::Ok) {
            let level = if check.level == Level::Finding { bad("finding") } else { dim("note") };
            output::line(format!("{level}  {}: {}", printable(&check.name), printable(&check.detail)))?;
            if let Some(fix) = &check.fix {
                output::line(format!("         {}", printable(&fix.replace('\n', " "))))?;
            }
        }
        let verdict = match self.findings() {
            0 => good("no findings"),
            n => bad(&count(n as i64, "finding")),
        };
        output::line(format!("{verdict} in {}", count(self.0.len() as i64, "check")))
    }
}

/// What `todo_check()` reports. If it fails, that is a finding as well.
fn todo_check(client: &mut Client, schema: &str) -> Result<Vec<Check>, Error> {
    let rows = match client.query(&admin_sql!("check", schema), &[]).map_err(Error::from) {
        Ok(rows) => rows,
        // This role lacks a right, or the server is shutting down: the database may be all right.
        Err(error) if error.sqlstate().is_none_or(|code| code == "42501" || code.starts_with("57")) => {
            return Err(error);
        }
        Err(error) => {
            let fix = "recreate the object that the message names, or restore a backup";
            return Ok(vec![Check::finding("todo_check()", error.to_string(), fix)]);
        }
    };
    let level = |row: &Row| match row.get::<_, Option<bool>>("ok") {
        Some(true) if row.get("is_extra") => Level::Note,
        Some(true) => Level::Ok,
        _ => Level::Finding,
    };
    Ok(rows.iter().map(|row| Check::of_row(row, level(row))).collect())
}

/// Whether sessions load a library of the same version as the SQL in the database.
fn library(client: &mut Client, version: &str) -> Result<Check, Error> {
    const NAME: &str = "library";
    let library: String = match client.query_one(admin_sql!("library_version"), &[]).map_err(Error::from) {
        Ok(row) => row.get(0),
        Err(error) if error.sqlstate() == Some("42501") => {
            return Ok(Check::note(NAME, "this role is not allowed to read its version", "connect as a superuser"));
        }
        Err(error) if error.sqlstate().is_some() => {
            let detail = "cannot be loaded, or is older than the SQL in the database";
            return Ok(Check::finding(NAME, detail, "install the extension's files on the server"));
        }
        Err(error) => return Err(error),
    };
    Ok(if library == version {
        Check::ok(NAME, format!("version {library}, the same as the SQL in the database"))
    } else if is_newer(&library, version) {
        let detail = format!("version {library}, newer than the SQL in the database, which is at {version}");
        Check::finding(NAME, detail, "run todo-admin upgrade")
    } else {
        let detail = format!("version {library}, older than the SQL in the database, which is at {version}");
        Check::finding(NAME, detail, "install the newer files on the server, then restart sessions and poolers")
    })
}

/// Whether the session connects directly to the server, and its time zone and encoding.
fn connection(session: &mut Session) -> Result<[Check; 3], Error> {
    let row = session.client.query_one(admin_sql!("session"), &[])?;
    let (port, is_by_socket): (String, bool) = (row.get("port"), row.get("is_by_socket"));
    let dialled = session.conninfo.get("port").unwrap_or_default();
    let host = session.conninfo.get("host").unwrap_or_default();
    let is_direct = dialled.split(',').any(|dialled| dialled == port) && (host.contains('/') || !is_by_socket);
    let connection = if is_direct {
        Check::ok("connection", "directly to the server")
    } else {
        Check::note(
            "connection",
            format!(
                "through a pooler or another proxy: connected to port {dialled}, but the server listens on port {port}"
            ),
            "connect directly to administer the extension: a proxy may drop settings, and Ctrl-C may not reach the server",
        )
    };
    let zone: String = row.get("time_zone");
    let time_zone = if matches!(&*zone, "UTC" | "Etc/UTC" | "GMT") {
        Check::ok("time zone", zone)
    } else {
        Check::note("time zone", zone, WRITE_UTC)
    };
    let encoding: String = row.get("client_encoding");
    let client_encoding = if encoding == "UTF8" {
        Check::ok("client encoding", encoding)
    } else {
        let fix = "remove the setting client_encoding from the database and the role";
        Check::finding("client encoding", format!("{encoding}, but it should be UTF8"), fix)
    };
    Ok([connection, time_zone, client_encoding])
}

/// Time zones that ALTER ROLE or ALTER DATABASE has set. An application may get another time zone than this session.
fn time_zones_of_roles(client: &mut Client) -> Result<Check, Error> {
    const NAME: &str = "time zones of roles";
    let set = client.query(admin_sql!("role_time_zones"), &[])?;
    let set: Vec<&str> = set.iter().map(|row| row.get("what")).collect();
    Ok(if set.is_empty() {
        Check::ok(NAME, "no role or database has one other than UTC")
    } else {
        Check::note(NAME, set.join("; "), WRITE_UTC)
    })
}

/// Collations whose version has changed since indexes were built, so that the indexes may miss rows.
fn collations(client: &mut Client, schema: &str) -> Result<Vec<Check>, Error> {
    let rows = client.query(&admin_sql!("collations", schema), &[])?;
    let level = |row: &Row| if row.get("ok") { Level::Ok } else { Level::Finding };
    Ok(rows.iter().map(|row| Check::of_row(row, level(row))).collect())
}
