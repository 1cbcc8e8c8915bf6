//! Errors as an operator reads them: one line that says what is wrong and what to do.

use std::fmt::Display;
use std::process::ExitCode;

/// Why a command ends without having done its work.
#[derive(Debug)]
pub struct Error {
    message: String,
    /// What to do about it.
    fix: Option<String>,
    /// Where PostgreSQL raised it.
    sqlstate: Option<String>,
    code: Code,
    broken_pipe: bool,
}

/// What the process returns; `docs/todo-admin.md` has the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Failed = 1,
    Usage = 2,
    Interrupted = 130,
}

impl Error {
    pub fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), fix: None, sqlstate: None, code: Code::Failed, broken_pipe: false }
    }

    pub fn usage(message: impl Display, fix: impl Display) -> Self {
        Self { code: Code::Usage, ..Self::new(message).fix(fix) }
    }

    pub fn interrupted() -> Self {
        Self { code: Code::Interrupted, ..Self::new("interrupted") }
    }

    pub fn fix(self, fix: impl Display) -> Self {
        Self { fix: Some(fix.to_string()), ..self }
    }

    /// What to do about it, unless it says so itself.
    pub fn or_fix(self, fix: impl Display) -> Self {
        if self.fix.is_some() { self } else { self.fix(fix) }
    }

    /// Says first what the command was doing.
    pub fn while_doing(self, what: impl Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }

    /// Whether the reader of the output has gone.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// Says it on standard error. Lines of a message become one.
    pub fn report(&self, verbose: bool) -> ExitCode {
        let mut line = format!("todo-admin: {}", one_line(&self.message));
        if let Some(sqlstate) = self.sqlstate.as_deref().filter(|_| verbose) {
            line += &format!(" [{sqlstate}]");
        }
        if let Some(fix) = &self.fix {
            line += &format!(" ({})", one_line(fix));
        }
        crate::output::complain(&line);
        ExitCode::from(self.code as u8)
    }
}

/// What is wrong, without what to do.
impl Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&one_line(&self.message))
    }
}

fn one_line(text: &str) -> String {
    crate::output::printable(&text.lines().map(str::trim).collect::<Vec<_>>().join("; "))
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return if error.is_closed() {
                Self::new("the server closed the connection").fix("see the server's log")
            } else {
                let mut message = error.to_string();
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    message = format!("{message}: {cause}");
                    source = cause.source();
                }
                Self::new(message)
            };
        };
        // A cancel that someone else asked for is an error of the server like any other.
        if *db.code() == postgres::error::SqlState::QUERY_CANCELED && crate::connect::is_interrupted() {
            return Self::interrupted();
        }
        // PostgreSQL shows the whole row that breaks a rule, hash and all. What the extension says of rows has a hint.
        let shows_row = matches!(db.code().code(), "23502" | "23514" | "44000") && db.hint().is_none();
        let message = match (db.constraint(), db.detail().filter(|_| !shows_row)) {
            // The index's name says nothing to an operator.
            (Some("ix_users_email" | "ix_users_email_folded"), _) if db.code().code() == "23505" => {
                "a user with this e-mail address already exists".to_owned()
            }
            (_, Some(detail)) => format!("{}: {detail}", db.message()),
            (_, None) => db.message().to_owned(),
        };
        let fix = db.hint().map(str::to_owned).or_else(|| fix_for(db.code().code()).map(str::to_owned));
        Self { fix, sqlstate: Some(db.code().code().to_owned()), ..Self::new(message) }
    }
}

/// What to do about errors of the server that come without a hint.
fn fix_for(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "28P01" => "set PGPASSWORD or use a password file",
        "28000" => "see pg_hba.conf on the server",
        "3D000" => "name another database by --dsn or PGDATABASE",
        "42501" => "connect as a superuser, or as the owner of the tables",
        "25006" => "connect to the primary server",
        "55P03" => "try again, or set lock_timeout by PGOPTIONS",
        _ => return None,
    })
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self { broken_pipe: true, ..Self::new(error) },
            // Ctrl-C at a prompt.
            std::io::ErrorKind::Interrupted => Self::interrupted(),
            _ => Self::new(error),
        }
    }
}
