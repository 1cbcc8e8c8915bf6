//! `doctor`: what `todo_check()` finds, and what only a client or an administrator of the database sees.

use crate::connect::Session;
use crate::error::Error;
use crate::extension::{Extension, admin_sql};
use crate::output::{self, bad, count, dim, good, printable};
use serde::Serialize;
use std::process::ExitCode;

/// Exit codes: nothing found is success.
const FINDINGS: u8 = 1;
pub const CANNOT_TELL: u8 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    /// Worth knowing, but not wrong.
    Note,
    Finding,
}

#[derive(Serialize)]
struct Check {
    name: String,
    level: Level,
    detail: String,
    fix: Option<String>,
}

impl Check {
    fn new(name: &str, level: Level, detail: impl Into<String>, fix: Option<&str>) -> Self {
        Self { name: name.to_owned(), level, detail: detail.into(), fix: fix.map(str::to_owned) }
    }
}

pub fn examine(session: &mut Session, json: bool) -> Result<ExitCode, Error> {
    let schema = Extension::schema_in_use(&mut session.client)?;
    let mut checks = vec![library(session)?, pooler(session)?, time_zone(session)?];
    checks.push(time_zones_of_roles(session)?);
    checks.push(encoding(session)?);
    checks.extend(collations(session, &schema)?);
    checks.extend(checks_of_database(session, &schema)?);
    let findings = checks.iter().filter(|check| check.level == Level::Finding).count();
    if json {
        output::json(&checks)?;
    } else {
        for check in checks.iter().filter(|check| check.level != Level::Ok) {
            let level = if check.level == Level::Finding { bad("finding") } else { dim("note") };
            output::line(format!("{level}  {}: {}", printable(&check.name), printable(&check.detail)))?;
            if let Some(fix) = &check.fix {
                output::line(format!("         {}", printable(&fix.replace('\n', " "))))?;
            }
        }
        let verdict = match findings {
            0 => good("no findings"),
            n => bad(&count(n as i64, "finding")),
        };
        output::line(format!("{verdict} in {}", count(checks.len() as i64, "check")))?;
    }
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}

/// What `todo_check()` says; that it cannot say anything is a finding as well.
fn checks_of_database(session: &mut Session, schema: &str) -> Result<Vec<Check>, Error> {
    let rows = match session.client.query(&admin_sql!("check", schema), &[]).map_err(Error::from) {
        Ok(rows) => rows,
        // A right that this role lacks, or the server: no fault of the database's.
        Err(error) if error.sqlstate().is_none_or(|code| code == "42501" || code.starts_with("57")) => {
            return Err(error);
        }
        Err(error) => {
            let fix = "put back what it names, or restore a backup";
            return Ok(vec![Check::new("todo_check()", Level::Finding, error.to_string(), Some(fix))]);
        }
    };
    let check = |row: &postgres::Row| {
        let level = match row.get::<_, Option<bool>>("ok") {
            Some(true) if row.get("is_extra") => Level::Note,
            Some(true) => Level::Ok,
            _ => Level::Finding,
        };
        Check::new(row.get("name"), level, row.get::<_, &str>("detail"), row.get("fix"))
    };
    Ok(rows.iter().map(check).collect())
}

/// Whether the library that a session loads is that of the SQL which the database has.
fn library(session: &mut Session) -> Result<Check, Error> {
    const NAME: &str = "library";
    let version = session
        .client
        .query_one("SELECT extversion FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'todo'", &[])?;
    let version: String = version.get(0);
    Ok(match session.client.query_one("SELECT todo_internal.library_version()", &[]) {
        Ok(row) => {
            let library: String = row.get(0);
            if library == version {
                Check::new(NAME, Level::Ok, format!("{library}, the same as the SQL"), None)
            } else if is_newer(&library, &version) {
                let detail = format!("{library}, newer than the SQL, which is at {version}");
                Check::new(NAME, Level::Finding, detail, Some("todo-admin upgrade"))
            } else {
                let detail = format!("{library}, older than the SQL, which is at {version}");
                Check::new(
                    NAME,
                    Level::Finding,
                    detail,
                    Some("install the newer files, then restart sessions and poolers"),
                )
            }
        }
        Err(error) => {
            let error = Error::from(error);
            match error.sqlstate() {
                Some("42501") => {
                    Check::new(NAME, Level::Note, "this role may not see it", Some("connect as a superuser"))
                }
                Some(_) => Check::new(
                    NAME,
                    Level::Finding,
                    "cannot be loaded, or is older than the SQL",
                    Some("install the extension's files"),
                ),
                None => return Err(error),
            }
        }
    })
}

/// Whether version `a` is newer than `b`, number by number.
fn is_newer(a: &str, b: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(a) > numbers(b)
}

/// Whether what we connected to is the server itself.
fn pooler(session: &mut Session) -> Result<Check, Error> {
    let row = session
        .client
        .query_one("SELECT pg_catalog.current_setting('port'), pg_catalog.inet_server_addr() IS NULL", &[])?;
    let (port, by_socket): (String, bool) = (row.get(0), row.get(1));
    let dialled = session.conninfo.get("port").unwrap_or_default();
    let host = session.conninfo.get("host").unwrap_or_default();
    let is_direct = dialled.split(',').any(|dialled| dialled == port) && (host.contains('/') || !by_socket);
    Ok(if is_direct {
        Check::new("connection", Level::Ok, "directly to the server", None)
    } else {
        let detail =
            format!("not directly to the server: connected to port {dialled}, and the server listens on {port}");
        let advice = "connect to the server itself to administer the extension: a pooler may drop settings and Ctrl-C";
        Check::new("connection", Level::Note, detail, Some(advice))
    })
}

fn time_zone(session: &mut Session) -> Result<Check, Error> {
    let zone: String = session.client.query_one("SELECT pg_catalog.current_setting('TimeZone')", &[])?.get(0);
    Ok(if matches!(&*zone, "UTC" | "Etc/UTC" | "GMT") {
        Check::new("time zone", Level::Ok, zone, None)
    } else {
        Check::new("time zone", Level::Note, zone, Some(WRITE_UTC))
    })
}

const WRITE_UTC: &str =
    "NOW() is stored as UTC in any time zone; an application that writes local times must convert them";

/// Time zones that ALTER ROLE or ALTER DATABASE has set: an application may have another one than this session.
fn time_zones_of_roles(session: &mut Session) -> Result<Check, Error> {
    const NAME: &str = "time zones of roles";
    let set = session.client.query(include_str!("../../../sql/admin/role_time_zones.sql"), &[])?;
    let set: Vec<&str> = set.iter().map(|row| row.get("what")).collect();
    Ok(if set.is_empty() {
        Check::new(NAME, Level::Ok, "none set other than UTC", None)
    } else {
        Check::new(NAME, Level::Note, set.join("; "), Some(WRITE_UTC))
    })
}

/// Collations whose rules are others than when the indexes were built, so that these may miss rows.
fn collations(session: &mut Session, schema: &str) -> Result<Vec<Check>, Error> {
    let rows = session.client.query(&admin_sql!("collations", schema), &[])?;
    let check = |row: &postgres::Row| {
        let level = if row.get("ok") { Level::Ok } else { Level::Finding };
        Check::new(row.get("name"), level, row.get::<_, &str>("detail"), row.get("fix"))
    };
    Ok(rows.iter().map(check).collect())
}

fn encoding(session: &mut Session) -> Result<Check, Error> {
    let encoding: String =
        session.client.query_one("SELECT pg_catalog.current_setting('client_encoding')", &[])?.get(0);
    Ok(if encoding == "UTF8" {
        Check::new("client encoding", Level::Ok, encoding, None)
    } else {
        let fix = "reset client_encoding for the database and the role";
        Check::new("client encoding", Level::Finding, encoding, Some(fix))
    })
}
