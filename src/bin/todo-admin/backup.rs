//! `backup` and `restore`: pg_dump's archive of the whole database. It gets its name only once it has been restored into a
//! scratch database and compared with the snapshot that it was made from.

use crate::aside::{Aside, unique};
use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::extension::{Extension, admin_sql, identifier, undisturbed};
use crate::extras::{self, Script};
use crate::output::{self, count};
use crate::programs::Programs;
use chrono::{NaiveDateTime, TimeDelta, Timelike};
use indicatif::HumanBytes;
use postgres::{Client, GenericClient, IsolationLevel};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The time in a backup's name: UTC, to the second.
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
        let schema = Extension::schema_of_rows(client)?;
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
    make_directory(dir)?;
    let programs = Programs::new(&session.conninfo)?;
    let (database, now): (String, NaiveDateTime) = {
        let row = session.client.query_one(
            "SELECT pg_catalog.current_database()::text, pg_catalog.timezone('UTC', pg_catalog.now())",
            &[],
        )?;
        (row.get(0), row.get(1))
    };
    let (file, mut reserved) = Reserved::beside_archive(dir, &database, now)?;
    let (aside, _) = Aside::create(&file)?;

    let (expected, script) = {
        let mut snapshot = session
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()?;
        undisturbed(&mut snapshot)?;
        let expected = Fingerprint::of(&mut snapshot)?;
        let script = Script::of(&mut snapshot)?;
        let id: String = snapshot.query_one("SELECT pg_catalog.pg_export_snapshot()", &[])?.get(0);
        let into = format!("--file={}", aside.path.display());
        let arguments = ["--format=custom", &format!("--snapshot={id}"), &into, "--no-password"];
        programs.run("pg_dump", &arguments, &database, Some(&aside.path))?;
        (expected, script)
    };
    let extras_run = verify(session, &programs, &aside.path, &expected, &script)?;

    reserved.file.write_all(script.text().as_bytes())?;
    reserved.file.sync_all()?;
    aside.complete()?;
    reserved.keep();
    let size = HumanBytes(fs::metadata(&file)?.len());
    let (users, tasks) = (count(expected.users, "user"), count(expected.tasks, "task"));
    output::say(format!("{}: {users}, {tasks}, {size}, verified", file.display()));
    if !script.extras.is_empty() {
        let sql_file = extras::path(&file);
        output::warn(&format!("dumps leave this out, and {} makes it again:", sql_file.display()));
        script.show();
    }
    remove_older(dir, &database, now, keep_days, &file)?;
    extras_run.map_err(|error| {
        error.while_doing(format!("the archive is good, but {} does not run", extras::path(&file).display()))
    })
}

/// Makes the directory, which nobody else may read; not its parents, where a name may be mistyped.
fn make_directory(dir: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {
            output::say(format!("{}: created", dir.display()));
            Ok(())
        }
        Err(_) if dir.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::new(format!("{} is not a directory", dir.display())).fix("name a directory for backups only"))
        }
        Err(error) => Err(Error::new(format!("cannot create {}: {error}", dir.display()))
            .fix("create the directory that it is to be in")),
    }
}

/// The SQL file of a new backup. It takes the backup's name, so that no other run can, and is removed unless it is kept.
struct Reserved {
    file: File,
    path: Option<PathBuf>,
}

impl Reserved {
    /// The archive's name, which nothing has, and its SQL file. Several backups can be made within a second.
    fn beside_archive(dir: &Path, database: &str, now: NaiveDateTime) -> Result<(PathBuf, Self), Error> {
        let stem = format!("{}-{}", file_name(database), now.format(STAMP));
        let mut number = 1;
        loop {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let archive = dir.join(format!("{stem}{suffix}.dump"));
            let path = extras::path(&archive);
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            match opened {
                Ok(file) => {
                    let reserved = Self { file, path: Some(path) };
                    if !archive.try_exists()? {
                        return Ok((archive, reserved));
                    }
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::new(format!("{}: {error}", path.display()))),
            }
            number += 1;
        }
    }

    fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Restores an archive into a scratch database and compares. The inner result is that of the SQL file, which is run there as
/// well.
fn verify(
    session: &mut Session,
    programs: &Programs,
    archive: &Path,
    expected: &Fingerprint,
    script: &Script,
) -> Result<Result<(), Error>, Error> {
    let scratch = format!("todo_verify_{}", unique());
    let mut extras_run = Ok(());
    with_new_database(session, &scratch, |conninfo| {
        restore_into(programs, archive, &scratch)?;
        let mut restored = Session::open(conninfo)?;
        let mut transaction = restored.client.transaction()?;
        undisturbed(&mut transaction)?;
        let found = Fingerprint::of(&mut transaction)?;
        if !found.brings_back(expected) {
            return Err(Error::new("the dump does not restore to what it was made from, and has been removed")
                .fix("run todo-admin doctor; look for triggers and columns that dumps leave out"));
        }
        transaction.commit()?;
        extras_run = script.run(&mut restored.client);
        Ok(false)
    })?;
    Ok(extras_run)
}

/// `run_extras` is the operator's choice, if one was made.
pub fn restore(session: &mut Session, archive: &Path, database: &str, run_extras: Option<bool>) -> Result<(), Error> {
    if !archive.is_file() {
        return Err(Error::new(format!("{} is not a file", archive.display())));
    }
    let script = Script::beside(archive)?;
    let sql_file = extras::path(archive);
    let is_unknown = script.is_none() && run_extras.is_none();
    let run_extras = wants_extras(script.as_ref(), &sql_file, run_extras)?;
    let programs = Programs::new(&session.conninfo)?;
    let mut counts = None;
    with_new_database(session, database, |conninfo| {
        let is_closed = run_extras && script.as_ref().is_some_and(Script::guards_access);
        if is_closed {
            // Until rows are guarded as they were.
            let revoke = format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", identifier(database));
            Session::open(conninfo.clone())?.client.batch_execute(&revoke)?;
        }
        restore_into(&programs, archive, database)?;
        let mut restored = Session::open(conninfo)?;
        let mut transaction = restored.client.transaction()?;
        undisturbed(&mut transaction)?;
        counts = Some(Fingerprint::of(&mut transaction)?);
        transaction.commit()?;
        if let Some(script) = script.as_ref().filter(|_| run_extras) {
            let what =
                if script.guards_access() { "row-level security cannot be restored" } else { "it cannot be run" };
            script.run(&mut restored.client).map_err(|error| {
                let doing = format!("{}: {what}, and database {database} has been dropped again", sql_file.display());
                error.while_doing(doing).fix("correct the file or what it needs; --without-extras restores without it")
            })?;
        }
        if is_closed {
            restored.client.batch_execute(&format!("GRANT CONNECT ON DATABASE {} TO PUBLIC", identifier(database)))?;
        }
        Ok(true)
    })?;
    let (users, tasks) = counts.map_or((0, 0), |found| (found.users, found.tasks));
    output::say(format!("database {database} now has {} and {}", count(users, "user"), count(tasks, "task")));
    match script {
        Some(script) if !run_extras && !script.extras.is_empty() => {
            let file = sql_file.display();
            output::warn(&if script.guards_access() {
                format!(
                    "database {database} has NO row-level security: whoever may read the tables sees all rows. Run {file} \
                     before anyone connects. The database lacks:"
                )
            } else {
                format!("run {file} to make again what database {database} lacks:")
            });
            script.show();
        }
        Some(script) if run_extras => {
            output::say(format!("{}: {} made again", sql_file.display(), count(script.extras.len() as i64, "object")));
        }
        None if is_unknown => output::warn(&format!(
            "there is no file {}: row-level security, indexes, triggers and so on that were added to the tables of the \
             extension are not restored",
            sql_file.display()
        )),
        _ => {}
    }
    Ok(())
}

/// Whether to run the SQL file beside an archive. Rows that it would hide are not shown to everyone without someone saying so.
fn wants_extras(script: Option<&Script>, sql_file: &Path, choice: Option<bool>) -> Result<bool, Error> {
    let shown = sql_file.display();
    let Some(script) = script else {
        if choice == Some(true) {
            return Err(Error::usage(format!("there is no file {shown}"), "put it beside the archive"));
        }
        return Ok(false);
    };
    if let Some(choice) = choice {
        return Ok(choice && !script.extras.is_empty());
    }
    if script.extras.is_empty() {
        return Ok(false);
    }
    if std::io::stdin().is_terminal() {
        output::complain(&format!("The archive lacks the following, and {shown} makes it again:"));
        script.show();
        return output::confirm("Run this file after the restore?");
    }
    if script.guards_access() {
        return Err(Error::usage(
            format!("the archive lacks the row-level security that {shown} makes again"),
            "pass --with-extras to run that file, or --without-extras to let everyone see all rows",
        ));
    }
    Ok(false)
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

/// Removes backups of the database that are older than some days, by the times in their names; never the new one.
fn remove_older(dir: &Path, database: &str, now: NaiveDateTime, keep_days: u16, new: &Path) -> Result<(), Error> {
    // As the names have it.
    let before = now.with_nanosecond(0).unwrap_or(now) - TimeDelta::days(i64::from(keep_days));
    let mut old = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path != new && path != extras::path(new) && time_of(&path, database).is_some_and(|time| time < before) {
            old.push(path);
        }
    }
    // The archive before its SQL file: without that, it must not be restored.
    old.sort_by(|a, b| b.cmp(a));
    for path in old {
        match fs::remove_file(&path) {
            // Another backup was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            removed => removed?,
        }
        if path.extension().is_some_and(|extension| extension == "dump") {
            let days = count(i64::from(keep_days), "day");
            output::say(format!("{}: removed, older than {days}", path.display()));
        }
    }
    Ok(())
}

/// When a file was made, if it is of a backup of the database.
fn time_of(path: &Path, database: &str) -> Option<NaiveDateTime> {
    let name = path.file_name()?.to_str()?.strip_prefix(&format!("{}-", file_name(database)))?;
    let stem = name.strip_suffix(".dump").or_else(|| name.strip_suffix(extras::SUFFIX))?;
    let (stamp, number) = stem.split_once('-').map_or((stem, None), |(stamp, number)| (stamp, Some(number)));
    if number.is_some_and(|number| number.parse::<u32>().is_err()) {
        return None;
    }
    NaiveDateTime::parse_from_str(stamp, STAMP).ok()
}
