//! `backup` and `restore`: pg_dump's archive of the whole database, which has its name only once it has been restored into
//! a scratch database and compared with the snapshot that it was made from.

use crate::aside::{Aside, unique};
use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::extension::{Extension, admin_sql, identifier, undisturbed};
use crate::output;
use crate::programs::Programs;
use chrono::{NaiveDateTime, TimeDelta};
use indicatif::HumanBytes;
use postgres::{Client, GenericClient, IsolationLevel};
use std::fs;
use std::path::{Path, PathBuf};

/// The time in a backup's name, UTC.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// What has to come back.
struct Fingerprint {
    users: i64,
    tasks: i64,
    checksums: [String; 2],
    last_id: i64,
}

impl Fingerprint {
    fn of(client: &mut impl GenericClient) -> Result<Self, Error> {
        let schema = Extension::schema_in_use(client)?;
        // The text of times must not depend on settings.
        client.query("SELECT pg_catalog.set_config('DateStyle', 'ISO', true)", &[])?;
        let row = client.query_one(&admin_sql!("fingerprint", &schema), &[])?;
        Ok(Self {
            users: row.get("users"),
            tasks: row.get("tasks"),
            checksums: [row.get("users_checksum"), row.get("tasks_checksum")],
            last_id: row.get("last_id"),
        })
    }

    /// Sequences know no snapshots: ids may have been given since.
    fn brings_back(&self, expected: &Self) -> bool {
        (self.users, self.tasks) == (expected.users, expected.tasks)
            && self.checksums == expected.checksums
            && self.last_id >= expected.last_id
    }
}

pub fn backup(session: &mut Session, dir: &Path, keep_days: u16) -> Result<(), Error> {
    if !dir.is_dir() {
        return Err(Error::new(format!("{} is no directory", dir.display())).fix("make it, for backups alone"));
    }
    let programs = Programs::new(&session.conninfo)?;
    let (database, now): (String, NaiveDateTime) = {
        let row = session.client.query_one(
            "SELECT pg_catalog.current_database()::text, pg_catalog.timezone('UTC', pg_catalog.now())",
            &[],
        )?;
        (row.get(0), row.get(1))
    };
    let name = format!("{}-{}.dump", file_name(&database), now.format(STAMP));
    let file = dir.join(&name);
    let (aside, _) = Aside::create(&file)?;

    let expected = {
        let mut snapshot = session
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()?;
        undisturbed(&mut snapshot)?;
        let expected = Fingerprint::of(&mut snapshot)?;
        let id: String = snapshot.query_one("SELECT pg_catalog.pg_export_snapshot()", &[])?.get(0);
        let into = format!("--file={}", aside.path.display());
        let arguments = ["--format=custom", &format!("--snapshot={id}"), &into, "--no-password"];
        programs.run("pg_dump", &arguments, &database, Some(&aside.path))?;
        expected
    };
    verify(session, &programs, &aside.path, &expected)?;

    aside.complete()?;
    let size = HumanBytes(fs::metadata(&file)?.len());
    output::say(format!("{}: {} users, {} tasks, {size}, verified", file.display(), expected.users, expected.tasks));
    for old in older_than(dir, &database, now - TimeDelta::days(i64::from(keep_days)))? {
        fs::remove_file(&old)?;
        output::say(format!("{}: removed, older than {keep_days} days", old.display()));
    }
    Ok(())
}

/// Restores an archive into a scratch database, and compares.
fn verify(session: &mut Session, programs: &Programs, archive: &Path, expected: &Fingerprint) -> Result<(), Error> {
    let scratch = format!("todo_verify_{}", unique());
    with_new_database(session, &scratch, |conninfo| {
        restore_into(programs, archive, &scratch)?;
        let mut restored = Session::open(conninfo)?;
        let mut transaction = restored.client.transaction()?;
        undisturbed(&mut transaction)?;
        let found = Fingerprint::of(&mut transaction)?;
        if !found.brings_back(expected) {
            return Err(Error::new("the backup does not bring back what it was made from, and is thrown away")
                .fix("todo-admin doctor; look for triggers and columns that dumps do not carry"));
        }
        Ok(false)
    })
}

pub fn restore(session: &mut Session, archive: &Path, database: &str) -> Result<(), Error> {
    if !archive.is_file() {
        return Err(Error::new(format!("{} is no file", archive.display())));
    }
    let programs = Programs::new(&session.conninfo)?;
    let mut counts = None;
    with_new_database(session, database, |conninfo| {
        restore_into(&programs, archive, database)?;
        let mut restored = Session::open(conninfo)?;
        let mut transaction = restored.client.transaction()?;
        undisturbed(&mut transaction)?;
        counts = Some(Fingerprint::of(&mut transaction)?);
        Ok(true)
    })?;
    let (users, tasks) = counts.map_or((0, 0), |found| (found.users, found.tasks));
    output::say(format!("{users} users and {tasks} tasks are in database {database} now"));
    Ok(())
}

fn restore_into(programs: &Programs, archive: &Path, database: &str) -> Result<(), Error> {
    let file = archive.display().to_string();
    // As a pair, or a name with an equals sign in it would be taken for pairs.
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    let into = format!("--dbname=dbname='{name}'");
    programs.run("pg_restore", &["--exit-on-error", "--no-password", &into, &file], database, None)
}

/// Makes a database, works on it, and drops it again, unless the work succeeds and says to keep it.
fn with_new_database(
    session: &mut Session,
    name: &str,
    work: impl FnOnce(Conninfo) -> Result<bool, Error>,
) -> Result<(), Error> {
    let create: String =
        session.client.query_one(include_str!("../../../sql/admin/create_database.sql"), &[&name])?.get(0);
    session.client.batch_execute(&create)?;
    let outcome = work(session.conninfo.with_database(name));
    // Whoever interrupts still wants no scratch database left.
    if !matches!(outcome, Ok(true)) {
        drop_database(&mut session.client, &session.conninfo, name)?;
    }
    outcome.map(drop)
}

fn drop_database(client: &mut Client, conninfo: &Conninfo, name: &str) -> Result<(), Error> {
    let drop = format!("DROP DATABASE {}", identifier(name));
    match client.batch_execute(&drop) {
        // A session that was still closing is none a moment later; one that Ctrl-C has closed is made anew.
        Err(_) => {
            let mut again = Session::open(conninfo.clone())?;
            let force = format!("{drop} WITH (FORCE)");
            Ok(again.client.batch_execute(&force)?)
        }
        Ok(()) => Ok(()),
    }
}

/// A database's name as part of a file's.
fn file_name(database: &str) -> String {
    let encode = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => c.to_string(),
        c => format!("%{:02x}", u32::from(c)),
    };
    database.chars().map(encode).collect()
}

/// Backups of the database that were made before, by their names.
fn older_than(dir: &Path, database: &str, before: NaiveDateTime) -> Result<Vec<PathBuf>, Error> {
    let prefix = format!("{}-", file_name(database));
    let mut old = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".dump"));
        if stamp.and_then(|stamp| NaiveDateTime::parse_from_str(stamp, STAMP).ok()).is_some_and(|time| time < before) {
            old.push(path);
        }
    }
    old.sort();
    Ok(old)
}
