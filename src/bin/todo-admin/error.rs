//! Errors as the operator reads them: one line that says what is wrong and what to do.

use crate::interrupt::{self, is_interrupted};
use crate::message::{complain, printable};
use postgres::error::{DbError, SqlState};
use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::OnceLock;

static VERBOSE: OnceLock<bool> = OnceLock::new();

/// Sets whether messages of errors include the SQLSTATE.
pub fn be_verbose(verbose: bool) {
    VERBOSE.get_or_init(|| verbose);
}

/// Why a command ends without having done its work.
#[derive(Debug)]
pub struct Error {
    message: String,
    /// What to do about it.
    fix: Option<String>,
    /// The SQLSTATE, if PostgreSQL raised the error.
    sqlstate: Option<String>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Usage,
    Interrupted,
    BrokenPipe,
}

impl Kind {
    /// What the process returns; `docs/todo-admin.md` has the list.
    fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Interrupted => interrupt::EXIT_CODE,
            // The code of a program that SIGPIPE ends: the reader did not get everything.
            Self::BrokenPipe => 141,
        }
    }
}

impl Error {
    /// A failure (exit code 1). The message has no full stop.
    pub fn new(message: impl Display) -> Self {
        Self::of_kind(Kind::Failed, message)
    }

    /// The command was called in a wrong way (exit code 2).
    pub fn usage(message: impl Display, fix: impl Display) -> Self {
        Self::of_kind(Kind::Usage, message).fix(fix)
    }

    fn interrupted() -> Self {
        Self::of_kind(Kind::Interrupted, "interrupted")
    }

    fn of_kind(kind: Kind, message: impl Display) -> Self {
        Self { message: message.to_string(), fix: None, sqlstate: None, kind }
    }

    /// Fails if the operator has pressed Ctrl-C.
    pub fn if_interrupted() -> Result<(), Self> {
        if is_interrupted() { Err(Self::interrupted()) } else { Ok(()) }
    }

    /// Sets what to do about it: in lower case, and without a full stop.
    pub fn fix(self, fix: impl Display) -> Self {
        Self { fix: Some(fix.to_string()), ..self }
    }

    /// Sets what to do about it, unless that is set already, for example from a hint of PostgreSQL's.
    pub fn or_fix(self, fix: impl Display) -> Self {
        if self.fix.is_some() { self } else { self.fix(fix) }
    }

    /// Puts what the command was doing before the message.
    pub fn while_doing(self, what: impl Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// Another message for the same error.
    pub fn reworded(self, message: impl Display) -> Self {
        Self { message: message.to_string(), ..self }
    }

    /// The SQLSTATE, if PostgreSQL raised the error.
    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }

    /// What to do about it, as one line.
    pub fn advice(&self) -> Option<String> {
        self.fix.as_deref().map(one_line)
    }

    /// What is wrong; with the SQLSTATE, if the operator wants to see it.
    pub fn summary(&self) -> String {
        match self.sqlstate().filter(|_| VERBOSE.get() == Some(&true)) {
            Some(sqlstate) => format!("{self} [{sqlstate}]"),
            None => self.to_string(),
        }
    }

    /// The summary, and what to do, as one line.
    pub fn line(&self) -> String {
        match self.advice() {
            Some(fix) => format!("{} ({fix})", self.summary()),
            None => self.summary(),
        }
    }

    /// Writes it to standard error, as one line; returns the exit code.
    pub fn report(&self) -> ExitCode {
        // A reader that has closed the output needs no message.
        if self.kind != Kind::BrokenPipe {
            complain(&format!("todo-admin: {}", self.line()));
        }
        ExitCode::from(self.kind.exit_code())
    }

    /// Whether its exit code is the same for all commands: it was interrupted, or the reader of standard output has closed it.
    pub fn has_own_exit_code(&self) -> bool {
        matches!(self.kind, Kind::Interrupted | Kind::BrokenPipe)
    }
}

/// What is wrong, without what to do.
impl Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&one_line(&self.message))
    }
}

fn one_line(text: &str) -> String {
    printable(&text.lines().map(str::trim).collect::<Vec<_>>().join("; "))
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        match error.as_db_error() {
            // A cancel that someone else has asked for is an error like any other.
            Some(raised) if *raised.code() == SqlState::QUERY_CANCELED && is_interrupted() => Self::interrupted(),
            Some(raised) => Self::raised(raised),
            None if error.is_closed() => Self::new("the server closed the connection").fix("check the server's log"),
            None => Self::new(with_causes(&error)),
        }
    }
}

impl Error {
    /// What the server has raised, without any row of a table.
    fn raised(error: &DbError) -> Self {
        let sqlstate = error.code().code();
        // PostgreSQL's own message for these ends with the whole row, password hash included, or with values of another one. The
        // extension's own have a hint, and no row.
        let shows_row = matches!(sqlstate, "23502" | "23514" | "23P01" | "44000") && error.hint().is_none();
        let message = match error.detail().filter(|_| !shows_row) {
            Some(detail) => format!("{}: {detail}", error.message()),
            None => error.message().to_owned(),
        };
        let fix = error.hint().or_else(|| fix_for(sqlstate)).map(str::to_owned);
        Self { fix, sqlstate: Some(sqlstate.to_owned()), ..Self::new(message) }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_causes(cause)),
        None => error.to_string(),
    }
}

/// What to do about errors of the server that come without a hint.
fn fix_for(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "28P01" => "set PGPASSWORD, or add the password to your password file",
        "28000" => "check the name of the role, and whether the server lets it log in",
        "3D000" => "create it, or name another one with --dsn, PGDATABASE or the file of shards",
        "42501" => "connect as a superuser or as the owner of the tables",
        "25006" => "connect to the primary server, or set default_transaction_read_only to off",
        "55P03" => "try again, or set a longer lock_timeout in PGOPTIONS",
        _ => return None,
    })
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::of_kind(Kind::BrokenPipe, error),
            // Ctrl-C at a prompt.
            ErrorKind::Interrupted => Self::interrupted(),
            _ => Self::new(error),
        }
    }
}
