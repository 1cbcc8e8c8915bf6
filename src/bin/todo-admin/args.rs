//! The command line.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Operates the PostgreSQL extension todo.
///
/// Connects as psql does: --dsn, or DATABASE_URL, or the PG* variables, service and password files. Exit codes: 0 done,
/// 1 failed (doctor: findings), 2 wrong usage (doctor: cannot tell), 130 interrupted.
#[derive(Parser)]
#[command(name = "todo-admin", version, propagate_version = true, max_term_width = 100)]
pub struct Args {
    /// Where to connect: a URL, key=value pairs, or the name of a database
    #[arg(long, global = true, value_name = "DSN")]
    pub dsn: Option<String>,
    /// Show the SQLSTATE of errors
    #[arg(short, long, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Create the extension in the database
    Install {
        /// The schema of its tables and functions, made if it is not there [default: the first of search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Another version than the newest
        #[arg(long)]
        version: Option<String>,
    },
    /// Bring the extension to another version
    Upgrade {
        /// The version [default: the newest]
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        /// Run it, say how it went, and take it back
        #[arg(long)]
        dry_run: bool,
    },
    /// Take over tables that Alembic, SQLModel or plain SQL have made
    Adopt {
        /// The schema of the tables [default: the first of search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Run it, say how it went, and take it back
        #[arg(long)]
        dry_run: bool,
    },
    /// Show versions, numbers of users and tasks, sizes, and how many task ids are left
    Status(Format),
    /// Look for what is not as it should be
    Doctor(Format),
    /// Users: add, list, change, delete
    #[command(subcommand)]
    User(UserCommand),
    /// Let a role use the extension
    Grant {
        role: String,
        /// Also the table users, hashes included, for applications that write it with SQL of their own
        #[arg(long)]
        tables: bool,
    },
    /// Take the rights of a role back
    Revoke { role: String },
    /// Write users and tasks to a file as JSON Lines
    Export {
        /// The file, or - for standard output
        file: String,
        /// One user only, by id or e-mail address
        #[arg(long)]
        user: Option<String>,
        /// Password hashes, too
        #[arg(long)]
        with_hashes: bool,
    },
    /// Bring in what export wrote, ids and times as they were, all or nothing
    Import {
        /// The file, or - for standard input
        file: String,
        /// Put bad lines into a new file, and import the others
        #[arg(long, value_name = "FILE")]
        skip_bad: Option<String>,
        /// Take password hashes over; without, nobody who comes in can log in until a password is set
        #[arg(long)]
        with_hashes: bool,
    },
    /// Dump the database into a directory, verified by restoring it
    Backup {
        /// A directory of its own for backups
        dir: PathBuf,
        /// Remove older backups of the database, once there is a verified new one
        #[arg(long, default_value_t = 7, value_name = "DAYS")]
        keep_days: u16,
    },
    /// Restore a backup into a new database
    Restore {
        file: PathBuf,
        /// The database to make
        #[arg(long, value_name = "DATABASE")]
        into: String,
    },
    /// Show what gets done: tasks completed per day, the completion rate, how long tasks take
    Stats {
        /// One user only, by id or e-mail address
        #[arg(long)]
        user: Option<String>,
        /// How many days to show
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
        #[command(flatten)]
        format: Format,
    },
    /// Print the completion script for a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(clap::Args)]
pub struct Format {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Password {
    /// Read the password from standard input, one line, instead of the terminal
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user; the password is asked for
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// Without a password: nobody can log in until one is set
        #[arg(long, conflicts_with = "password_stdin")]
        locked: bool,
        #[command(flatten)]
        password: Password,
    },
    /// List all users
    List(Format),
    /// Show a user and the number of tasks
    Show {
        /// Id or e-mail address
        user: String,
        #[command(flatten)]
        format: Format,
    },
    /// Set a new password; it is asked for
    Passwd {
        /// Id or e-mail address
        user: String,
        #[command(flatten)]
        password: Password,
    },
    /// Mark the address as verified
    VerifyEmail {
        /// Id or e-mail address
        user: String,
    },
    /// Let a user log in again
    Enable {
        /// Id or e-mail address
        user: String,
    },
    /// Keep a user from logging in
    Disable {
        /// Id or e-mail address
        user: String,
    },
    /// Delete a user and all tasks of the user
    Delete {
        /// Id or e-mail address
        user: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
