//! pg_dump and pg_restore, connected as we are: parameters by the environment, the password by a file of our own.

use crate::aside::unique;
use crate::connect::is_interrupted;
use crate::conninfo::Conninfo;
use crate::error::Error;
use indicatif::{HumanBytes, ProgressBar};
use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Programs {
    variables: Vec<(&'static str, String)>,
    password_file: Option<PasswordFile>,
}

/// A password file for one run; nobody else may read it.
struct PasswordFile(PathBuf);

impl Drop for PasswordFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Programs {
    pub fn new(conninfo: &Conninfo) -> Result<Self, Error> {
        let password_file = match conninfo.password() {
            Some(password) => {
                let path = std::env::temp_dir().join(format!("todo-admin-{}.pgpass", unique()));
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                let file_guard = PasswordFile(path);
                let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
                file.write_all(format!("*:*:*:*:{escaped}\n").as_bytes())?;
                Some(file_guard)
            }
            None => None,
        };
        Ok(Self { variables: conninfo.variables(), password_file })
    }

    /// Runs a program to its end. While it runs, a terminal shows how large the file has grown that it writes.
    pub fn run(&self, program: &str, arguments: &[&str], database: &str, file: Option<&Path>) -> Result<(), Error> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).env("PGDATABASE", database);
        command.env_remove("DATABASE_URL");
        if let Some(file) = &self.password_file {
            command.env("PGPASSFILE", &file.0);
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            Error::new(format!("{program} cannot be run: {error}"))
                .fix("install PostgreSQL's client programs (postgresql-client)")
        })?;
        let said = wait(&mut child, program, file)?;
        let status = child.wait()?;
        if is_interrupted() {
            return Err(Error::interrupted());
        }
        if !status.success() {
            let reason =
                said.lines().find(|line| line.contains("error:")).or_else(|| said.lines().last()).unwrap_or_default();
            return Err(Error::new(reason.trim()).fix(format!("{program} has failed; nothing has changed")));
        }
        Ok(())
    }
}

/// Waits for the program to end, and returns what it has said on standard error.
fn wait(child: &mut Child, program: &str, file: Option<&Path>) -> Result<String, Error> {
    let mut stderr = child.stderr.take().ok_or_else(|| Error::new("no pipe"))?;
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        // What is not UTF-8 cannot be shown anyway.
        let _ = stderr.read_to_string(&mut said);
        said
    });
    let spinner = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    while !reader.is_finished() {
        if is_interrupted() {
            // It may have been told itself, by a terminal; a second time does no harm.
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
