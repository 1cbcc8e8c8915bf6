//! `todo-admin`: the operator's program. It runs SQL and shows the outcome; the database decides what is valid.
//!
//! Queries are files in `sql/admin/`. Only statements such as SET, COPY or CREATE EXTENSION, and calls of a single function of
//! PostgreSQL, are written in Rust, where they run.
//!
//! A module uses only modules of the same line of this table, or of lines below it:
//!
//! | module | what is in it |
//! |---|---|
//! | [`shards`] | commands on all databases among which the users are spread |
//! | [`relocation`] | `shards move` and `shards split` |
//! | [`shard_copy`], [`shard_empty`], [`shard_compare`] | the copy of a database: how it is made, compared and kept up to date |
//! | [`shard_mark`], [`replication`] | the mark by which a copy is known, and the replication that feeds it |
//! | [`fence`] | what keeps applications from writing where a user no longer is |
//! | [`router`] | scripts for routers: databases that pass calls and statements of applications on to the shards |
//! | [`directory`] | the directory: which user has which e-mail address, whatever the shard, and how it is repaired |
//! | [`shard_file`] | the file that lists the shards |
//! | [`change_edition`] | `move`: from the extension to the SQL edition and back |
//! | [`versions`] | `install`, `upgrade`, `adopt` |
//! | [`status`], [`doctor`] | the state of the database, and what is wrong with it |
//! | [`grant`] | `grant` and `revoke`: what roles may do |
//! | [`stats`] | statistics on completed tasks |
//! | [`export`], [`import`] | users and tasks as JSON Lines |
//! | [`backup`], [`restore`] | archives of the whole database, by pg_dump and pg_restore |
//! | [`backup_files`] | names of archives, and the removal of old ones |
//! | [`new_database`], [`fingerprint`] | a database into which an archive is restored, and the comparison |
//! | [`extras`] | what dumps leave out |
//! | [`statements`] | how scripts are read |
//! | [`programs`] | how pg_dump and pg_restore are run |
//! | [`bad_lines`], [`new_ids`], [`staging`] | what `import` refuses, the ids that it gives, and what it may take |
//! | [`far_times`] | times that no client can read |
//! | [`user`] | users and their passwords |
//! | [`transfer`] | the file format of `export` and `import` |
//! | [`connect`] | how to connect |
//! | [`installed`] | how todo is installed in a database, and what the server and the role allow |
//! | [`scripts`] | the scripts of the SQL edition |
//! | [`sql`] | how SQL is read from `sql/admin/`, and statements that several commands run |
//! | [`new_file`] | files that are complete or not there |
//! | [`conninfo`] | where to connect |
//! | [`connection_string`] | how `--dsn` is read |
//! | [`output`], [`prompt`] | standard output, and questions |
//! | [`error`] | why a command fails, in one line |
//! | [`message`] | standard error |
//! | [`interrupt`] | Ctrl-C |
//! | [`args`], [`password_rule`] | the command line; how long a password may be, shared with the library |

mod args;
mod backup;
mod backup_files;
mod bad_lines;
mod change_edition;
mod connect;
mod connection_string;
mod conninfo;
mod directory;
mod doctor;
mod error;
mod export;
mod extras;
mod far_times;
mod fence;
mod fingerprint;
mod grant;
mod import;
mod installed;
mod interrupt;
mod message;
mod new_database;
mod new_file;
mod new_ids;
mod output;
#[path = "../../password_rule.rs"]
mod password_rule;
mod programs;
mod prompt;
mod relocation;
mod replication;
mod restore;
mod router;
mod scripts;
mod shard_compare;
mod shard_copy;
mod shard_empty;
mod shard_file;
mod shard_mark;
mod shards;
mod sql;
mod staging;
mod statements;
mod stats;
mod status;
mod transfer;
mod user;
mod versions;

use args::{Args, Command, ShardsCommand};
use clap::{CommandFactory, Parser};
use connect::Session;
use conninfo::Conninfo;
use error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    error::be_verbose(args.verbose);
    run(&args).unwrap_or_else(|error| {
        let code = error.report();
        // Whoever calls doctor must be able to tell findings from a failure to check.
        let is_doctor =
            matches!(args.command, Command::Doctor(_) | Command::Shards { command: ShardsCommand::Doctor(_), .. })
                && !error.has_own_exit_code();
        if is_doctor { ExitCode::from(doctor::CANNOT_CHECK) } else { code }
    })
}

fn run(args: &Args) -> Result<ExitCode, Error> {
    if let Command::Completions { shell } = args.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Args::command(), "todo-admin", &mut script);
        // For bash, clap_complete takes the hyphen in some places for the space before a subcommand, which then has no completions.
        let script = String::from_utf8_lossy(&script).replace("todo__subcmd__admin", "todo__admin");
        return output::write(script.as_bytes()).map(|()| ExitCode::SUCCESS);
    }
    if let Command::ManPages { dir } = &args.command {
        return std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Args::command(), dir))
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| Error::new(error).while_doing(dir.display()));
    }
    if let Command::Script { part } = args.command {
        return scripts::print(part).map(|()| ExitCode::SUCCESS);
    }
    installed::trust_owners(args.trust_owner.clone());
    if let Command::Shards { file, command } = &args.command {
        return shards::run(file, command, args.dsn.as_deref());
    }
    let mut session = Session::open(Conninfo::resolve(args.dsn.as_deref())?)?;
    match &args.command {
        Command::Install { edition, schema, version } => {
            versions::install(&mut session, *edition, schema.as_deref(), version.as_deref())
        }
        Command::Upgrade { to, dry_run } => versions::upgrade(&mut session, to.as_deref(), *dry_run),
        Command::Adopt { edition, schema, dry_run } => {
            versions::adopt(&mut session, *edition, schema.as_deref(), *dry_run)
        }
        Command::Move { to, owner, dry_run } => change_edition::run(&mut session, *to, owner.as_deref(), *dry_run),
        Command::Status(format) => status::show(&mut session, format.json),
        Command::Doctor(format) => return doctor::examine(&mut session, format.json),
        Command::User(command) => user::run(&mut session, command),
        Command::Grant(access) => grant::grant(&mut session, access),
        Command::Revoke { role } => grant::revoke(&mut session, role),
        Command::Export { file, user, with_hashes, force } => {
            export::run(&mut session, file, user.as_deref(), *with_hashes, *force)
        }
        Command::Import { file, skip_bad, new_ids, with_hashes } => {
            import::run(&mut session, file, skip_bad.as_deref(), new_ids.as_deref(), *with_hashes)
        }
        Command::Backup(backup) => backup::backup(&mut session, backup),
        Command::Restore { file, into, with_extras, without_extras } => {
            // Without either option, the file beside the archive decides whether the operator is asked.
            let choice = (*with_extras || *without_extras).then_some(*with_extras);
            restore::restore(&mut session, file, into, choice)
        }
        Command::Stats { user, days, format } => stats::show(&mut session, user.as_deref(), *days, format.json),
        Command::Completions { .. } | Command::ManPages { .. } | Command::Script { .. } | Command::Shards { .. } => {
            unreachable!("handled above, without a connection")
        }
    }
    .map(|()| ExitCode::SUCCESS)
}
