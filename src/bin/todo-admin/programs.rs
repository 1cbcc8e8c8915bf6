//! Runs pg_dump and pg_restore with the connection parameters of this program: the password in a temporary password file, the
//! others in the environment.

use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::interrupt::is_interrupted;
use crate::new_file::NewFile;
use indicatif::{HumanBytes, ProgressBar};
use std::fs;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use uuid::Uuid;

/// How to run PostgreSQL's client programs for one connection.
pub struct Programs {
    variables: Vec<(&'static str, String)>,
    password_file: Option<NewFile>,
}

impl Programs {
    /// Writes the password, if there is one, to a temporary file, which is removed when the result is dropped.
    pub fn new(conninfo: &Conninfo) -> Result<Self, Error> {
        let password_file = conninfo.password().as_deref().map(write_password_file).transpose()?;
        Ok(Self { variables: conninfo.variables(), password_file })
    }

    /// Runs a program, and waits for its end. Meanwhile, a terminal shows the size of the file that the program writes.
    pub fn run(&self, program: &str, arguments: &[&str], database: &str, file: Option<&Path>) -> Result<(), Error> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).env("PGDATABASE", database);
        // The line of an error is found by its English word.
        command.env_remove("DATABASE_URL").env_remove("LC_ALL").env_remove("LANGUAGE").env("LC_MESSAGES", "C");
        if let Some(file) = &self.password_file {
            command.env("PGPASSFILE", file.path());
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            Error::new(format!("cannot run {program}: {error}"))
                .fix("install PostgreSQL's client programs; Debian's package is postgresql-client")
        })?;
        let said = wait(&mut child, program, file)?;
        let status = child.wait()?;
        Error::if_interrupted()?;
        if !status.success() {
            let reason = said.lines().find(|line| line.contains("error:")).or_else(|| said.lines().last());
            let reason = reason.unwrap_or_default().trim();
            let reason = reason.strip_prefix(&format!("{program}: error: ")).unwrap_or(reason);
            return Err(Error::new(format!("{program} failed, and nothing has been changed: {reason}")));
        }
        Ok(())
    }
}

fn write_password_file(password: &str) -> Result<NewFile, Error> {
    let path = std::env::temp_dir().join(format!("todo-admin-{}.pgpass", Uuid::new_v4()));
    let (guard, mut file) = NewFile::create(path)?;
    let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
    file.write_all(format!("*:*:*:*:{escaped}\n").as_bytes())?;
    Ok(guard)
}

/// Waits for the program to end, and returns what it has written to standard error.
fn wait(child: &mut Child, program: &str, file: Option<&Path>) -> Result<String, Error> {
    let mut stderr = child.stderr.take().ok_or_else(|| Error::new("cannot read the standard error of the program"))?;
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        // What cannot be read cannot be shown.
        let _ = stderr.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let spinner = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    while !reader.is_finished() {
        if is_interrupted() {
            // The terminal may have interrupted it already, and a second signal does no harm.
            let _ = child.kill();
        }
        let size = file.and_then(|file| fs::metadata(file).ok()).map(|file| HumanBytes(file.len()).to_string());
        spinner.set_message(format!("{program} {}", size.unwrap_or_default()));
        spinner.tick();
        std::thread::sleep(Duration::from_millis(50));
    }
    spinner.finish_and_clear();
    Ok(reader.join().unwrap_or_default())
}
