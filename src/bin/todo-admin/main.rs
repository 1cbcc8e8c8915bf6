//! `todo-admin`: the operator's side of the extension. It talks SQL (`sql/admin/` and the extension's functions) and holds
//! no rule of its own.
//!
//! | room | what lives there |
//! |---|---|
//! | [`args`] | the command line |
//! | [`conninfo`], [`connect`] | where to connect, and how |
//! | [`extension`] | `install`, `upgrade`, `adopt`, and what the other commands need to know of the extension |
//! | [`status`], [`doctor`] | how things are, and whether they are well |
//! | [`user`] | users and their passwords |
//! | [`grant`] | rights of roles |
//! | [`export`], [`import`], [`transfer`] | users and tasks as JSON Lines |
//! | [`backup`], [`programs`] | `backup` and `restore`, by pg_dump and pg_restore |
//! | [`extras`] | what dumps leave out |
//! | [`stats`] | what gets done |
//! | [`far_times`] | times that no client can read |
//! | [`aside`] | files that are complete or not there |
//! | [`output`], [`error`] | what the operator reads |

mod args;
mod aside;
mod backup;
mod connect;
mod conninfo;
mod doctor;
mod error;
mod export;
mod extension;
mod extras;
mod far_times;
mod grant;
mod import;
mod output;
#[path = "../../password_rule.rs"]
mod password_rule;
mod programs;
mod stats;
mod status;
mod transfer;
mod user;

use args::{Args, Command};
use clap::{CommandFactory, Parser};
use connect::Session;
use conninfo::Conninfo;
use error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(code) => code,
        // As a program that the signal ends: what was read is not all.
        Err(error) if error.is_broken_pipe() => ExitCode::from(141),
        Err(error) if matches!(args.command, Command::Doctor(_)) => {
            error.report(args.verbose);
            ExitCode::from(doctor::CANNOT_TELL)
        }
        Err(error) => error.report(args.verbose),
    }
}

fn run(args: &Args) -> Result<ExitCode, Error> {
    if let Command::Completions { shell } = args.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Args::command(), "todo-admin", &mut script);
        return output::write(&script).map(|()| ExitCode::SUCCESS);
    }
    extension::trust_owner(args.trust_owner);
    let mut session = Session::open(Conninfo::resolve(args.dsn.as_deref())?)?;
    match &args.command {
        Command::Install { schema, version } => extension::install(&mut session, schema.as_deref(), version.as_deref()),
        Command::Upgrade { to, dry_run } => extension::upgrade(&mut session, to.as_deref(), *dry_run),
        Command::Adopt { schema, dry_run } => extension::adopt(&mut session, schema.as_deref(), *dry_run),
        Command::Status(format) => status::show(&mut session, format.json),
        Command::Doctor(format) => return doctor::examine(&mut session, format.json),
        Command::User(command) => user::run(&mut session, command),
        Command::Grant { role, tables } => grant::grant(&mut session, role, *tables),
        Command::Revoke { role } => grant::revoke(&mut session, role),
        Command::Export { file, user, with_hashes, force } => {
            export::run(&mut session, file, user.as_deref(), *with_hashes, *force)
        }
        Command::Import { file, skip_bad, with_hashes } => {
            import::run(&mut session, file, skip_bad.as_deref(), *with_hashes)
        }
        Command::Backup { dir, keep_days } => backup::backup(&mut session, dir, *keep_days),
        Command::Restore { file, into, with_extras, without_extras } => {
            // Neither is for the operator to decide, or for a terminal's user.
            let choice = (*with_extras || *without_extras).then_some(*with_extras);
            backup::restore(&mut session, file, into, choice)
        }
        Command::Stats { user, days, format } => stats::show(&mut session, user.as_deref(), *days, format.json),
        Command::Completions { .. } => unreachable!("needs no connection"),
    }
    .map(|()| ExitCode::SUCCESS)
}
