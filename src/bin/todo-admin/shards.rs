//! `shards`: commands on all databases among which the users are spread, one after the other.
//!
//! Commands that change something stop at the first failure and say how much is done; they can be run again. Commands that only look go
//! on, so that a server that is down does not hide the others.

use crate::args::{Edition, ShardsCommand};
use crate::backup;
use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::directory;
use crate::doctor::{self, Check, Checks};
use crate::error::Error;
use crate::grant;
use crate::installed::Installed;
use crate::message::{complain, count, printable};
use crate::output;
use crate::relocation;
use crate::replication::Outgoing;
use crate::router;
use crate::shard_file::{Place, Shard, ShardFile};
use crate::sql::admin_sql;
use crate::status::Status;
use crate::versions;
use indicatif::HumanBytes;
use postgres_protocol::escape::escape_identifier;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// Runs a command on the shards that a file lists. `dsn` is an error: the file says how to connect.
pub fn run(file: &Path, command: &ShardsCommand, dsn: Option<&str>) -> Result<ExitCode, Error> {
    if dsn.is_some() {
        return Err(Error::usage("--dsn names one database, and the file of shards names several", "leave out --dsn"));
    }
    let mut file = ShardFile::read(file)?;
    let shards = file.shards()?;
    match command {
        ShardsCommand::Init { edition } => {
            in_turn(&shards, |shard| init(shard, *edition))?;
            on_directory(&file, |conninfo, place| {
                create_database(conninfo, place)?;
                directory::install(&mut Session::open(conninfo.clone())?)
            })
        }
        ShardsCommand::Upgrade { to, dry_run } => {
            in_turn(&shards, |shard| versions::upgrade(&mut open(shard)?, to.as_deref(), *dry_run))
        }
        ShardsCommand::Grant(access) => {
            in_turn(&shards, |shard| grant::grant(&mut open(shard)?, access))?;
            on_directory(&file, |conninfo, _| directory::grant(&mut Session::open(conninfo.clone())?, &access.role))
        }
        ShardsCommand::Revoke { role } => {
            in_turn(&shards, |shard| grant::revoke(&mut open(shard)?, role))?;
            on_directory(&file, |conninfo, _| directory::revoke(&mut Session::open(conninfo.clone())?, role))
        }
        ShardsCommand::Backup(arguments) => in_turn(&shards, |shard| backup::backup(&mut open(shard)?, arguments)),
        ShardsCommand::Repair { older_than, dry_run } => directory::repair(&file, *older_than, *dry_run),
        ShardsCommand::RouterSql { router, role } => {
            router::print(&file, &shards, *router, role).map(|()| ExitCode::SUCCESS)
        }
        ShardsCommand::Move { database, to, cancel, compare_ahead } => {
            relocation::move_shard(&mut file, database, to, *cancel, *compare_ahead).map(|()| ExitCode::SUCCESS)
        }
        ShardsCommand::Split { cancel, compare_ahead } => {
            relocation::split(&mut file, *cancel, *compare_ahead).map(|()| ExitCode::SUCCESS)
        }
        ShardsCommand::Status(format) => status(&file, &shards, format.json),
        ShardsCommand::Doctor(format) => doctor(&file, &shards, format.json),
    }
}

fn open(shard: &Shard) -> Result<Session, Error> {
    Session::open(shard.conninfo.clone())
}

/// Does the work on one shard after the other. At the first failure, it says how many are done.
fn in_turn(shards: &[Shard], mut work: impl FnMut(&Shard) -> Result<(), Error>) -> Result<ExitCode, Error> {
    for (done, shard) in shards.iter().enumerate() {
        output::say(format!("{}:", printable(&shard.place.title())));
        if let Err(error) = Error::if_interrupted().and_then(|()| work(shard)) {
            complain(&format!("{done} of {} done; the command can be run again", count(shards.len() as i64, "shard")));
            return Err(error.while_doing(shard.place.title()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Does the work on the directory of addresses, if the file names one.
fn on_directory(
    file: &ShardFile,
    work: impl FnOnce(&Conninfo, &Place) -> Result<(), Error>,
) -> Result<ExitCode, Error> {
    if let Some(place) = file.directory() {
        output::say(format!("{}:", printable(&place.title())));
        Error::if_interrupted()
            .and_then(|()| work(&file.conninfo(place)?, place))
            .map_err(|error| error.while_doing(place.title()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Creates a database, unless it exists.
fn create_database(conninfo: &Conninfo, place: &Place) -> Result<(), Error> {
    let mut server = Session::open(conninfo.with_database("postgres"))?;
    if !server.client.query_one(admin_sql!("database_exists"), &[&place.database])?.get::<_, bool>(0) {
        // template0, because template1 may be in another encoding.
        let create =
            format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", escape_identifier(&place.database));
        server.client.batch_execute(&create)?;
        output::say("database created");
    }
    Ok(())
}

fn init(shard: &Shard, edition: Edition) -> Result<(), Error> {
    create_database(&shard.conninfo, &shard.place)?;
    let mut session = open(shard)?;
    match Installed::of(&mut session.client)? {
        Some(_) => output::say("todo is already installed"),
        None => versions::install(&mut session, edition, None, None)?,
    }
    Ok(())
}

/// What is found in a shard, or why nothing is.
#[derive(Serialize)]
struct Found<'a, T> {
    database: &'a str,
    server: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    /// The error for people: without and with what to do.
    #[serde(skip)]
    summary: String,
    #[serde(skip)]
    line: String,
}

impl<'a, T> Found<'a, T> {
    fn of(place: &'a Place, outcome: Result<T, Error>) -> Self {
        let (database, server) = (place.database.as_str(), place.server.as_str());
        match outcome {
            Ok(found) => Self {
                database,
                server,
                found: Some(found),
                error: None,
                sqlstate: None,
                fix: None,
                summary: String::new(),
                line: String::new(),
            },
            Err(error) => Self {
                database,
                server,
                found: None,
                error: Some(error.to_string()),
                sqlstate: error.sqlstate().map(str::to_owned),
                fix: error.advice(),
                summary: error.summary(),
                line: error.line(),
            },
        }
    }
}

/// Looks at all shards, whatever happens in one.
fn all<T>(
    shards: &[Shard],
    look: impl Fn(&Shard, &mut Session) -> Result<T, Error>,
) -> Result<Vec<Found<'_, T>>, Error> {
    let mut all = Vec::with_capacity(shards.len());
    for shard in shards {
        let outcome = open(shard).and_then(|mut session| look(shard, &mut session));
        Error::if_interrupted()?;
        all.push(Found::of(&shard.place, outcome));
    }
    Ok(all)
}

/// What is found in the directory.
#[derive(Serialize)]
struct Claims {
    claims: i64,
}

/// An entry of `shards status --json`.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Shard(&'a Found<'a, Status>),
    Directory(&'a Found<'a, Claims>),
}

fn claims<'a>(file: &ShardFile, place: &'a Place) -> Found<'a, Claims> {
    let counted = file.conninfo(place).and_then(Session::open).and_then(|mut session| directory::count(&mut session));
    Found::of(place, counted.map(|claims| Claims { claims }))
}

fn status(file: &ShardFile, shards: &[Shard], json: bool) -> Result<ExitCode, Error> {
    let all = all(shards, |_, session| Status::of(session))?;
    let directory = file.directory().map(|place| claims(file, place));
    Error::if_interrupted()?;
    let is_complete = all.iter().all(|shard| shard.error.is_none())
        && directory.as_ref().is_none_or(|directory| directory.error.is_none());
    if json {
        output::json(&all.iter().map(Entry::Shard).chain(directory.iter().map(Entry::Directory)).collect::<Vec<_>>())?;
    } else {
        let cells = |shard: &Found<Status>| {
            let figures = match &shard.found {
                Some(status) => [
                    status.extension_version.clone().unwrap_or_default(),
                    status.users.to_string(),
                    (status.pending_tasks + status.completed_tasks).to_string(),
                    HumanBytes(status.database_bytes.unsigned_abs()).to_string(),
                ],
                None => [printable(&shard.summary), String::new(), String::new(), String::new()],
            };
            let [version, users, tasks, size] = figures;
            [printable(shard.database), printable(shard.server), version, users, tasks, size]
        };
        let rows: Vec<_> = all.iter().map(cells).collect();
        output::table(["shard", "server", "todo", "users", "tasks", "size"], &rows)?;
        let found = || all.iter().filter_map(|shard| shard.found.as_ref());
        output::line(format!(
            "{} of {}: {}, {}",
            found().count(),
            count(all.len() as i64, "shard"),
            count(found().map(|status| status.users).sum(), "user"),
            count(found().map(|status| status.pending_tasks + status.completed_tasks).sum(), "task"),
        ))?;
        if let Some(directory) = &directory {
            let claims = match &directory.found {
                Some(found) => count(found.claims, "claim"),
                None => directory.line.clone(),
            };
            output::line(printable(&format!("{} on {}: {claims}", directory.database, directory.server)))?;
        }
    }
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn doctor(file: &ShardFile, shards: &[Shard], json: bool) -> Result<ExitCode, Error> {
    let mut all = all(shards, |shard, session| {
        let mut checks = Checks::of(session)?;
        checks.push(placement(session, &shard.numbers, file.modulus())?);
        checks.push(copying(session, &shard.place)?);
        Ok(checks)
    })?;
    if let Some(place) = file.directory() {
        let checks = file.conninfo(place).and_then(Session::open).and_then(|mut session| {
            let addresses = directory::count(&mut session)?;
            Ok(Checks::from(Check::ok("directory", count(addresses, "claim"))))
        });
        Error::if_interrupted()?;
        all.push(Found::of(place, checks));
    }
    if json {
        output::json(&all)?;
    } else {
        for shard in &all {
            output::line(format!("{} on {}:", printable(shard.database), printable(shard.server)))?;
            match &shard.found {
                Some(checks) => checks.show()?,
                None => output::line(format!("cannot be checked: {}", printable(&shard.line)))?,
            }
        }
    }
    if all.iter().any(|shard| shard.error.is_some()) {
        return Ok(ExitCode::from(doctor::CANNOT_CHECK));
    }
    let worst = all
        .iter()
        .filter_map(|shard| shard.found.as_ref())
        .map(Checks::exit_code)
        .find(|&code| code != ExitCode::SUCCESS);
    Ok(worst.unwrap_or(ExitCode::SUCCESS))
}

/// Whether the users of a shard belong there, by the hash of their ids.
fn placement(session: &mut Session, numbers: &[usize], modulus: usize) -> Result<Check, Error> {
    const NAME: &str = "placement of users";
    let schema = Installed::schema_in_use(&mut session.client)?;
    let places: Vec<i64> = numbers.iter().map(|&number| number as i64).collect();
    let row = session.client.query_one(&admin_sql!("misplaced_users", &schema), &[&places, &(modulus as i64)])?;
    let misplaced: i64 = row.get("misplaced");
    if misplaced == 0 {
        let numbers = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        return Ok(Check::ok(NAME, format!("all belong to shard {numbers} of {modulus}")));
    }
    let examples: Vec<String> = row.get("examples");
    let rest = misplaced - examples.len() as i64;
    let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    Ok(Check::finding(
        NAME,
        format!("users that belong to other shards: {}{rest}", examples.join(", ")),
        "move them with todo-admin export --user and import --new-ids; or the order of the shards in the file is wrong",
    ))
}

/// Whether a copy of a shard has been started.
fn copying(session: &mut Session, place: &Place) -> Result<Check, Error> {
    const NAME: &str = "copy of the database";
    let Some(outgoing) = Outgoing::of(session)? else { return Ok(Check::ok(NAME, "none has been started")) };
    let begun = format!("one has been started: {}", outgoing.copy.title());
    if outgoing.is_read(session)? {
        return Ok(Check::ok(NAME, begun));
    }
    Ok(Check::finding(
        NAME,
        format!("{begun}; it does not read the changes, so the log of this server grows"),
        &format!("finish it with todo-admin shards {}, or add --cancel to give it up", outgoing.command(place)),
    ))
}
