//! `backup`: an archive of the whole database, made by pg_dump. Before it gets its name, it is restored into a scratch database
//! and compared with the snapshot from which it was made.

use crate::args::{Backup, Edition};
use crate::backup_files::{Reserved, make_directory, remove_older};
use crate::connect::Session;
use crate::error::Error;
use crate::extras::{self, Script};
use crate::fingerprint::Fingerprint;
use crate::installed::{Installed, available, is_newer, login_is_superuser, trusted};
use crate::message::{count, warn};
use crate::new_database::{Content, Fate, Roles, Todo, restore_archive, with_new_database};
use crate::new_file::Replacement;
use crate::output;
use crate::programs::Programs;
use crate::sql::admin_sql;
use chrono::NaiveDateTime;
use indicatif::HumanBytes;
use postgres::{Client, IsolationLevel};
use std::fs;
use std::io::Write;
use std::path::Path;
use uuid::Uuid;

const CURRENT_ROLE: &str = "SELECT CURRENT_USER::pg_catalog.text";

/// Makes a backup in a directory, and removes those that are older than `keep_days`. If the archive is good but its script fails, the
/// archive stays, the older ones stay, too, and the command fails.
pub fn backup(session: &mut Session, Backup { dir, keep_days }: &Backup) -> Result<(), Error> {
    must_be_restorable(&mut session.client)?;
    let programs = Programs::new(&session.conninfo)?;
    make_directory(dir)?;
    let row = session.client.query_one(admin_sql!("backup_name"), &[])?;
    let (database, now): (String, NaiveDateTime) = (row.get("database"), row.get("now"));
    let Reserved { archive, sql_guard, mut sql_file } = Reserved::new(dir, &database, now)?;
    let (dump, _) = Replacement::of(&archive)?;

    let (expected, script) = make_dump(session, &programs, &database, dump.path())?;
    let content = trial_content(session, &programs, &database, dump.path())?;
    let script_outcome = verify(session, &programs, dump.path(), &content, &expected, &script)?;

    sql_file.write_all(script.text().as_bytes())?;
    sql_file.sync_all()?;
    dump.complete()?;
    sql_guard.keep();
    let size = HumanBytes(fs::metadata(&archive)?.len());
    let (users, tasks) = (count(expected.users, "user"), count(expected.tasks, "task"));
    let tried = if content.is_all() { "verified" } else { "users and tasks verified" };
    output::say(format!("{}: {users}, {tasks}, {size}, {tried}", archive.display()));
    let sql_path = extras::path(&archive);
    let sql_path = sql_path.display();
    if !script.extras.is_empty() {
        warn(&format!("the archive lacks the following, which {sql_path} restores:"));
        script.show();
    }
    script_outcome
        .map_err(|error| error.while_doing(format!("the archive is good, but a trial run of {sql_path} failed")))?;
    remove_older(dir, &database, now, *keep_days, &archive)
}

/// Fails if a restore on this server could not create the extension: its files are gone, or older than the database.
fn must_be_restorable(client: &mut Client) -> Result<(), Error> {
    let Installed { edition: Edition::Extension, version: Some(version), .. } = Installed::required(client)? else {
        return Ok(());
    };
    let has = match available(client)? {
        Some(newest) if is_newer(&version, &newest) => format!("only the files of todo {newest}"),
        Some(_) => return Ok(()),
        None => "no files of todo".to_owned(),
    };
    Err(Error::new(format!("the backup could not be verified: todo {version} is installed, but the server has {has}"))
        .fix("install the files of this version on the server, or run pg_dump, which verifies nothing"))
}

/// Runs pg_dump on a snapshot. Returns the snapshot's fingerprint, and what the dump leaves out.
fn make_dump(
    session: &mut Session,
    programs: &Programs,
    database: &str,
    file: &Path,
) -> Result<(Fingerprint, Script), Error> {
    let mut snapshot =
        session.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start()?;
    let fingerprint = Fingerprint::of(&mut snapshot)?;
    let script = Script::of(&mut snapshot)?;
    let id: String = snapshot.query_one(admin_sql!("export_snapshot"), &[])?.get(0);
    let into = format!("--file={}", file.display());
    // pg_dump acts as the role of this session, whichever role the database sets.
    let role: String = snapshot.query_one(CURRENT_ROLE, &[])?.get(0);
    let (snapshot_id, role) = (format!("--snapshot={id}"), format!("--role={role}"));
    let arguments = ["--format=custom", "--encoding=UTF8", &snapshot_id, &role, &into, "--no-password"];
    programs.run("pg_dump", &arguments, database, Some(file))?;
    Ok((fingerprint, script))
}

/// Which part of the archive is restored on trial. A restore runs, with the operator's rights, code of all roles that own something
/// in the archive.
fn trial_content(session: &mut Session, programs: &Programs, database: &str, archive: &Path) -> Result<Content, Error> {
    let client = &mut session.client;
    let roles = Roles::of(client)?;
    if !login_is_superuser(client)? {
        let role: String = client.query_one(CURRENT_ROLE, &[])?.get(0);
        if let Some(owner) = Installed::required(client)?.owner.filter(|owner| *owner != role) {
            trusted(&owner, "owns the SQL edition, and its code runs when the backup is tried out")?;
        }
        let is_all = roles.own_all(programs, archive, database, &role)?;
        return Ok(Content::Own { role, roles, is_all });
    }
    let Some(owner) = roles.untrusted_owner(programs, archive, database)? else { return Ok(Content::Tried) };
    if Installed::required(client)?.edition == Edition::Sql {
        trusted(
            &owner,
            "owns objects in this database, and could make a superuser run its code when the backup is tried out",
        )?;
    }
    Ok(Content::OnlyTodo(Todo::of(client)?))
}

/// Restores an archive into a scratch database, and compares it with the original. If everything is restored, the script is run there
/// as well. The inner result is the script's outcome: the archive is good even if the script fails.
fn verify(
    session: &mut Session,
    programs: &Programs,
    archive: &Path,
    content: &Content,
    expected: &Fingerprint,
    script: &Script,
) -> Result<Result<(), Error>, Error> {
    let scratch = format!("todo_verify_{}", Uuid::new_v4().simple());
    let mut script_outcome = Ok(());
    with_new_database(session, &scratch, |conninfo| {
        restore_archive(programs, archive, &scratch, content)?;
        let mut restored = Session::open(conninfo)?;
        if !Fingerprint::of_database(&mut restored)?.brings_back(expected) {
            return Err(Error::new(
                "the new archive has been removed, because a restore of it does not have the same users and tasks",
            )
            .fix("run todo-admin doctor, and look for triggers or columns that dumps leave out"));
        }
        if content.is_all() {
            script_outcome = script.run(&mut restored.client);
        }
        Ok(Fate::Drop)
    })?;
    Ok(script_outcome)
}
