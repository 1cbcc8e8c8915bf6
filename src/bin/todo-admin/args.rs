//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Administer todo in a PostgreSQL database: the extension, or the SQL edition
///
/// The database is the one that --dsn names. Without --dsn, the environment variable DATABASE_URL names it, and without that,
/// PGHOST, PGDATABASE and the other variables of psql do. Service files and password files work as with psql.
///
/// Exit codes: 0 success; 1 failure, or doctor has findings; 2 wrong usage, or doctor cannot run its checks; 130 interrupted; 141
/// the program that reads the output has ended.
#[derive(Parser)]
#[command(name = "todo-admin", version, max_term_width = 100)]
pub struct Args {
    /// Connect to this database: a URL, key=value pairs, or a name; not with shards, which read their file
    #[arg(long, global = true, value_name = "DSN")]
    pub dsn: Option<String>,
    /// Let code of this role run with your rights, such as triggers of its tables; without ROLE, of any owner
    #[arg(long, global = true, value_name = "ROLE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub trust_owner: Vec<String>,
    /// Add the SQLSTATE to error messages
    #[arg(short, long, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Install todo in a database
    Install {
        /// What to install: the extension, or the SQL edition for servers where extensions cannot be installed
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
        /// Schema for the tables and functions, created if missing [default: the first one in search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Version to install [default: the newest]
        #[arg(long)]
        version: Option<String>,
    },
    /// Update todo to another version
    Upgrade {
        /// Version to update to [default: the newest]
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        /// Report whether it would succeed, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Install todo around existing tables users and tasks, keeping their rows
    Adopt {
        /// What to install
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
        /// Schema of the tables [default: the first one in search_path]
        #[arg(long)]
        schema: Option<String>,
        /// Report whether it would succeed, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Change from one edition to the other, keeping all rows, rights and passwords
    Move {
        /// The other edition
        #[arg(long, value_enum)]
        to: Edition,
        /// Role that is to own the SQL edition [default: the owner of the tables, if it is an ordinary role]
        #[arg(long, value_name = "ROLE")]
        owner: Option<String>,
        /// Report whether it would succeed, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print a script of the SQL edition, for psql or a migration
    Script {
        /// Which script
        part: Part,
    },
    /// Show versions, numbers of users and tasks, sizes, and how many task ids are left
    Status(Format),
    /// Check the database and the connection, and report what is wrong and how to fix it
    Doctor(Format),
    /// Add, list, change and delete users
    #[command(subcommand)]
    User(UserCommand),
    /// Allow an application's role to use todo
    Grant(Grant),
    /// Take back what grant has given to a role
    Revoke {
        /// Name of the role
        role: String,
    },
    /// Write users and tasks to a file as JSON Lines
    Export {
        /// File to write, or - for standard output
        file: String,
        /// Export only the user with this id or e-mail address, and the user's tasks
        #[arg(long)]
        user: Option<String>,
        /// Include password hashes
        #[arg(long)]
        with_hashes: bool,
        /// Overwrite an existing file without asking
        #[arg(long)]
        force: bool,
    },
    /// Import a file that export wrote, with the same ids and times: all of it or nothing
    Import {
        /// File to read, or - for standard input
        file: String,
        /// Write lines that cannot be imported to this new file, and import the others
        #[arg(long, value_name = "FILE")]
        skip_bad: Option<String>,
        /// Give the tasks new ids, as for a user from another database, and write the old and new ones as CSV to this new file; without
        /// FILE, to standard output
        #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
        new_ids: Option<String>,
        /// Import password hashes; otherwise, users cannot log in until a password is set
        #[arg(long)]
        with_hashes: bool,
    },
    /// Back up the database with pg_dump, and verify the backup by restoring it
    Backup(Backup),
    /// Restore a backup into a new database
    Restore {
        /// Archive that backup wrote: a file whose name ends with .dump
        file: PathBuf,
        /// Name of the new database
        #[arg(long, value_name = "DATABASE")]
        into: String,
        /// Also run the SQL file beside the archive, which restores what dumps leave out, such as policies and indexes
        #[arg(long)]
        with_extras: bool,
        /// Do not run the SQL file beside the archive, even if rows then become visible to more roles
        #[arg(long, conflicts_with = "with_extras")]
        without_extras: bool,
    },
    /// Show how many tasks are completed each day, and how long they take
    Stats {
        /// Count only the tasks of the user with this id or e-mail address
        #[arg(long)]
        user: Option<String>,
        /// Number of days to show
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
        #[command(flatten)]
        format: Format,
    },
    /// Run a command on all databases among which the users are spread
    Shards {
        /// File that lists the databases: see docs/scale-out.md
        #[arg(long, global = true, value_name = "FILE", default_value = "shards.json")]
        file: PathBuf,
        #[command(subcommand)]
        command: ShardsCommand,
    },
    /// Print a shell script that completes commands and options
    Completions {
        /// Name of the shell
        shell: clap_complete::Shell,
    },
    /// Write a man page of each command
    ManPages {
        /// Directory for the pages, created if missing
        dir: PathBuf,
    },
}

/// How todo is installed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    #[default]
    Extension,
    Sql,
}

impl Edition {
    /// What follows a version's number.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Extension => "",
            Self::Sql => " (SQL edition)",
        }
    }
}

/// A script of the SQL edition.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Part {
    /// Tables, rules and functions
    Todo,
    /// What lets Better Auth sign in the users
    TodoAuth,
    /// What refuses commands that would lose users or tasks
    TodoGuard,
}

/// What a router uses to pass on calls or statements.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Router {
    /// The functions, by PL/Proxy
    Plproxy,
    /// The tables, by postgres_fdw
    PostgresFdw,
}

#[derive(clap::Args)]
pub struct Format {
    /// Print the result as JSON
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
pub enum ShardsCommand {
    /// Create the databases that are missing, and install todo where it is not installed
    Init {
        /// What to install
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
    },
    /// Show version, numbers of users and tasks, and size of each database
    Status(Format),
    /// Check each database, and whether it has the users that belong there
    Doctor(Format),
    /// Update todo in one database after the other, and stop at the first failure
    Upgrade {
        /// Version to update to [default: the newest]
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        /// Report whether it would succeed, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Allow an application's role to use todo
    Grant(Grant),
    /// Take back what grant has given to a role
    Revoke {
        /// Name of the role
        role: String,
    },
    /// Print a script for a router: a database that passes on what applications ask of it
    RouterSql {
        /// What the router works with
        #[arg(value_enum)]
        router: Router,
        /// Role that the router connects to the databases as; allow it first with shards grant
        #[arg(long = "as", value_name = "ROLE")]
        role: String,
    },
    /// Back up one database after the other, and stop at the first failure
    Backup(Backup),
    /// Move a database to another server, while applications use it
    Move {
        /// Name of the database
        database: String,
        /// Name of the server in the file
        #[arg(long, value_name = "SERVER")]
        to: String,
        /// Drop the incomplete copy of a move that was stopped, and leave the database where it is
        #[arg(long)]
        cancel: bool,
        /// Compare the copy before writes stop, instead of while they wait: for large databases
        #[arg(long)]
        compare_ahead: bool,
    },
    /// Double the number of databases, while applications use them: half of the users of each get a new one on the same server
    Split {
        /// Drop the incomplete copy of a split that was stopped; if no database has been split yet, also undo the change to the list
        #[arg(long)]
        cancel: bool,
        /// Compare each copy before writes stop, instead of while they wait: for large databases
        #[arg(long)]
        compare_ahead: bool,
    },
    /// Bring the directory of addresses in line with the databases
    Repair {
        /// Release only claims that are older than this; users must be created within this time after their address was claimed
        #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
        older_than: u32,
        /// Report what would be done, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(clap::Args)]
pub struct Grant {
    /// Name of the role
    pub role: String,
    /// Also allow direct access to the table users, with its password hashes
    #[arg(long)]
    pub tables: bool,
    /// Show the role only the rows of the current user (todo.user_id)
    #[arg(long, conflicts_with = "tables")]
    pub isolated: bool,
}

#[derive(clap::Args)]
pub struct Backup {
    /// Directory that is used for backups only, created if missing
    pub dir: PathBuf,
    /// Remove older backups of this database afterwards
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep_days: u16,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user, and ask for the password
    Add {
        /// E-mail address of the user
        email: String,
        /// Display name
        #[arg(long)]
        name: String,
        /// Add the user without a password; the user cannot log in until one is set
        #[arg(long, conflicts_with = "password_stdin")]
        locked: bool,
        #[command(flatten)]
        password: Password,
    },
    /// List all users
    List(Format),
    /// Show a user and the number of the user's tasks
    Show {
        /// Id or e-mail address of the user
        user: String,
        #[command(flatten)]
        format: Format,
    },
    /// Ask for a new password, and set it
    Passwd {
        /// Id or e-mail address of the user
        user: String,
        #[command(flatten)]
        password: Password,
    },
    /// Mark the e-mail address as verified
    VerifyEmail {
        /// Id or e-mail address of the user
        user: String,
    },
    /// Allow a user to log in again
    Enable {
        /// Id or e-mail address of the user
        user: String,
    },
    /// Prevent a user from logging in
    Disable {
        /// Id or e-mail address of the user
        user: String,
    },
    /// Delete a user and all the user's tasks
    Delete {
        /// Id or e-mail address of the user
        user: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}
