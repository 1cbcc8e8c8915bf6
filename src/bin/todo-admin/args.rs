//! The command line.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Administers the PostgreSQL extension todo.
///
/// It connects as psql does: by --dsn, else DATABASE_URL, else the PG* variables, with service and password files. Exit
/// codes: 0 done, 1 failed (doctor: there are findings), 2 wrong usage (doctor: cannot check), 130 interrupted.
#[derive(Parser)]
#[command(name = "todo-admin", version, max_term_width = 100)]
pub struct Args {
    /// Connect to this URL, these key=value pairs, or the database of this name
    #[arg(long, global = true, value_name = "DSN")]
    pub dsn: Option<String>,
    /// As a superuser, run what the owner of adopted tables may have put on them
    #[arg(long, global = true)]
    pub trust_owner: bool,
    /// Show the SQLSTATE of errors
    #[arg(short, long, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Create the extension in a database
    Install {
        /// Schema for its tables and functions, created if missing [default: the first one in search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Version to create [default: the newest]
        #[arg(long)]
        version: Option<String>,
    },
    /// Update the extension to another version
    Upgrade {
        /// Version to update to [default: the newest]
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        /// Try it, report the outcome, and roll back
        #[arg(long)]
        dry_run: bool,
    },
    /// Take over existing tables that Alembic, SQLModel or plain SQL made
    Adopt {
        /// Schema of the tables [default: the first one in search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Try it, report the outcome, and roll back
        #[arg(long)]
        dry_run: bool,
    },
    /// Show versions, numbers of users and tasks, sizes, and the task ids left
    Status(Format),
    /// Check the extension and report what is wrong, with its fix
    Doctor(Format),
    /// Add, list, change and delete users
    #[command(subcommand)]
    User(UserCommand),
    /// Let a role use the extension
    Grant {
        /// The application's role
        role: String,
        /// Also grant the table users, hashes included, to an application that writes it with its own SQL
        #[arg(long)]
        tables: bool,
    },
    /// Revoke what grant gave a role
    Revoke {
        /// The application's role
        role: String,
    },
    /// Write users and tasks to a file as JSON Lines
    Export {
        /// File to write, or - for standard output
        file: String,
        /// Export one user only, by id or e-mail address
        #[arg(long)]
        user: Option<String>,
        /// Include password hashes
        #[arg(long)]
        with_hashes: bool,
        /// Overwrite an existing file without asking
        #[arg(long)]
        force: bool,
    },
    /// Import what export wrote, with the same ids and times: all of it or nothing
    Import {
        /// File to read, or - for standard input
        file: String,
        /// Write bad lines to this new file and import the others
        #[arg(long, value_name = "FILE")]
        skip_bad: Option<String>,
        /// Import password hashes; without this, imported users cannot log in until a password is set
        #[arg(long)]
        with_hashes: bool,
    },
    /// Dump the database into a directory, and verify the dump by restoring it
    Backup {
        /// Directory for backups only, created if missing
        dir: PathBuf,
        /// Then remove backups of this database that are older than this
        #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        keep_days: u16,
    },
    /// Restore a backup into a new database
    Restore {
        /// The archive that backup wrote
        file: PathBuf,
        /// Database to create
        #[arg(long, value_name = "DATABASE")]
        into: String,
        /// Also run the SQL file beside the archive: policies, indexes, triggers and so on that dumps leave out
        #[arg(long)]
        with_extras: bool,
        /// Do not run the SQL file beside the archive, even if it holds row-level security
        #[arg(long, conflicts_with = "with_extras")]
        without_extras: bool,
    },
    /// Show tasks completed per day, the completion rate, and how long tasks take
    Stats {
        /// Count one user only, by id or e-mail address
        #[arg(long)]
        user: Option<String>,
        /// Number of days to show
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
        #[command(flatten)]
        format: Format,
    },
    /// Print the completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(clap::Args)]
pub struct Format {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Password {
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password
    Add {
        /// E-mail address
        email: String,
        /// Name to show
        #[arg(long)]
        name: String,
        /// Set no password: the user cannot log in until one is set
        #[arg(long, conflicts_with = "password_stdin")]
        locked: bool,
        #[command(flatten)]
        password: Password,
    },
    /// List all users
    List(Format),
    /// Show a user and the number of the user's tasks
    Show {
        /// Id or e-mail address
        user: String,
        #[command(flatten)]
        format: Format,
    },
    /// Set a new password; asks for it
    Passwd {
        /// Id or e-mail address
        user: String,
        #[command(flatten)]
        password: Password,
    },
    /// Mark the e-mail address as verified
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
    /// Delete a user and all the user's tasks
    Delete {
        /// Id or e-mail address
        user: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}
