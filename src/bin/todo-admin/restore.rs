//! `restore`: restores an archive into a new database, and then runs the SQL file beside it, which holds what the archive
//! lacks.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::extras::{self, Script};
use crate::fingerprint::Fingerprint;
use crate::installed::{login_is_superuser, trusted};
use crate::message::{complain, count, warn};
use crate::new_database::{Content, Fate, Roles, restore_archive, with_new_database};
use crate::output;
use crate::programs::Programs;
use crate::prompt;
use std::path::{Path, PathBuf};

/// Runs the command. `run_extras` is the operator's choice: whether to run the SQL file; `None` if neither option was given.
pub fn restore(session: &mut Session, archive: &Path, database: &str, run_extras: Option<bool>) -> Result<(), Error> {
    if !archive.is_file() {
        return Err(Error::new(format!("{} is not a file", archive.display())));
    }
    let extras = Extras::beside(archive, run_extras)?;
    let programs = Programs::new(&session.conninfo)?;
    if let Some(owner) = Roles::of(&mut session.client)?.untrusted_owner(&programs, archive, database)? {
        trusted(&owner, "owns objects in this archive, and could make you run its code")?;
    }
    let is_superuser = login_is_superuser(&mut session.client)?;
    let mut counts = (0, 0);
    with_new_database(session, database, |conninfo| {
        let found = fill(&programs, archive, database, conninfo, &extras).map_err(|error| {
            // Such a role may not give objects to others in the new database, not even in the schema public.
            let lacks_a_right = ["permission denied", "must be "].iter().any(|text| error.to_string().contains(text));
            if is_superuser || !lacks_a_right {
                return error;
            }
            error.or_fix("connect as the role that owns what is in the archive, or as a superuser")
        })?;
        counts = (found.users, found.tasks);
        Ok(Fate::Keep)
    })?;
    let (users, tasks) = counts;
    output::say(format!("database {database} now has {} and {}", count(users, "user"), count(tasks, "task")));
    extras.report(database);
    Ok(())
}

/// Restores an archive into an empty database, and runs the SQL file if it is to be run.
fn fill(
    programs: &Programs,
    archive: &Path,
    database: &str,
    conninfo: Conninfo,
    extras: &Extras,
) -> Result<Fingerprint, Error> {
    let script = extras.to_run();
    if restore_archive(programs, archive, database, &Content::All)? {
        warn(&format!(
            "the guard of the SQL edition has not been restored; to have it in database {database}, run the script \
             todo_guard there"
        ));
    }
    let mut restored = Session::open(conninfo)?;
    let found = Fingerprint::of_database(&mut restored)?;
    if let Some(script) = script {
        script.run(&mut restored.client).map_err(|error| {
            let lost = if script.guards_access() { "row-level security cannot be restored and " } else { "" };
            error
                .while_doing(format!(
                    "{} failed, so {lost}database {database} has been dropped again",
                    extras.file.display()
                ))
                .fix("correct the file or create what it needs; --without-extras restores without it")
        })?;
    }
    Ok(found)
}

/// The SQL file beside an archive, and what to do with it.
struct Extras {
    file: PathBuf,
    /// `None` if there is no such file.
    script: Option<Script>,
    decision: Decision,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Run,
    DoNotRun,
    /// The operator has chosen nothing, and there is no file that says what is missing.
    Unknown,
}

impl Extras {
    fn beside(archive: &Path, choice: Option<bool>) -> Result<Self, Error> {
        let file = extras::path(archive);
        let script = Script::beside(archive)?;
        let decision = decide(script.as_ref(), &file, choice)?;
        Ok(Self { file, script, decision })
    }

    fn to_run(&self) -> Option<&Script> {
        self.script.as_ref().filter(|_| self.decision == Decision::Run)
    }

    /// Says what the new database got from the file, or lacks.
    fn report(&self, database: &str) {
        let file = self.file.display();
        match (self.decision, &self.script) {
            (Decision::Run, Some(script)) if script.is_undescribed => output::say(format!("{file} has been run")),
            (Decision::Run, Some(script)) => {
                output::say(format!("{file}: {} restored", count(script.extras.len() as i64, "object")));
            }
            (Decision::DoNotRun, Some(script)) if !script.extras.is_empty() => {
                warn(&if script.guards_access() {
                    format!(
                        "database {database} has NO row-level security, so every role that may read the tables sees all \
                         rows; run {file} before anyone connects. The database lacks:"
                    )
                } else {
                    format!("database {database} lacks the following, which {file} restores:")
                });
                script.show();
            }
            (Decision::DoNotRun, Some(script)) if script.is_undescribed => {
                warn(&format!("{file} has not been run, so database {database} lacks what it restores"));
            }
            (Decision::Unknown, _) => warn(&format!(
                "there is no file {file}, so database {database} lacks whatever the application had added to the \
                 extension's tables, such as row-level security, indexes and triggers"
            )),
            _ => {}
        }
    }
}

/// Decides whether to run the SQL file. Without it, rows may become visible to everyone, so the operator has to choose that.
fn decide(script: Option<&Script>, file: &Path, choice: Option<bool>) -> Result<Decision, Error> {
    let shown = file.display();
    let Some(script) = script else {
        return match choice {
            Some(true) => Err(Error::usage(
                format!("--with-extras needs the file {shown}, which does not exist"),
                "put it beside the archive",
            )),
            Some(false) => Ok(Decision::DoNotRun),
            None => Ok(Decision::Unknown),
        };
    };
    let decided = |run: bool| Ok(if run { Decision::Run } else { Decision::DoNotRun });
    if let Some(choice) = choice {
        return decided(choice);
    }
    if script.extras.is_empty() && !script.is_undescribed {
        return decided(false);
    }
    if prompt::can_ask() {
        if script.is_undescribed {
            complain(&format!("{shown} does not say what it restores."));
        } else {
            complain(&format!("The archive lacks the following, which {shown} restores:"));
            script.show();
        }
        return decided(prompt::confirm("Run this file after the restore?")?);
    }
    if script.is_undescribed {
        return Err(Error::usage(
            format!("{shown} does not say what it restores"),
            "pass --with-extras to run that file, or --without-extras to restore without it",
        ));
    }
    if script.guards_access() {
        return Err(Error::usage(
            format!("the archive lacks row-level security, which {shown} restores"),
            "pass --with-extras to run that file, or --without-extras to let every role that may read the tables see all rows",
        ));
    }
    decided(false)
}
