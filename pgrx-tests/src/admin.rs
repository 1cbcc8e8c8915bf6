//! `todo-admin` as an operator runs it.

use crate::{Database, Edition};
use rexpect::session::{Options, PtySession, spawn_with_options};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one run of `todo-admin` has returned and printed.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The `todo-admin` that was built, or the one that TODO_ADMIN names. It is not on a terminal, and connects by the PG* variables: as a
/// superuser, or in the SQL edition as its owner.
pub fn admin(database: &str) -> Command {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/package/todo-admin");
    let program = std::env::var_os("TODO_ADMIN").map_or_else(built, PathBuf::from);
    let mut command = Command::new(program);
    command.env("PGDATABASE", database).env_remove("DATABASE_URL").stdin(std::process::Stdio::null());
    command.env("PGUSER", Edition::current().owner(database));
    command
}

/// Runs a command until it ends, with this text as its standard input.
pub fn said(command: &mut Command, input: &str) -> Said {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program may end before it has read all of it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a command that must succeed and print nothing to standard error. Returns its standard output.
#[track_caller]
pub fn ok(database: &Database, arguments: &[&str]) -> String {
    ok_with(database, arguments, "")
}

/// The same, with this text as its standard input.
#[track_caller]
pub fn ok_with(database: &Database, arguments: &[&str], input: &str) -> String {
    let said = said(admin(&database.name).args(arguments), input);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
    said.out
}

/// Runs a command that must fail with one line on standard error. Returns the exit code and this line.
#[track_caller]
pub fn fails(database: &Database, arguments: &[&str]) -> (i32, String) {
    let Said { code, err, .. } = said(admin(&database.name).args(arguments), "");
    assert_eq!(err.lines().count(), 1, "{arguments:?}: {err}");
    (code, err)
}

/// Runs a command that may succeed or fail.
pub fn run(database: &Database, arguments: &[&str]) -> Said {
    said(admin(&database.name).args(arguments), "")
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Starts `todo-admin` on a terminal of 80 columns.
pub fn terminal(database: &Database, arguments: &str) -> PtySession {
    let program = admin(&database.name);
    let script = format!(
        "stty cols 80 rows 24; exec '{}' {arguments}",
        program.get_program().to_str().expect("a path in UTF-8")
    );
    shell_on_terminal(database, &script)
}

/// Starts a shell that runs a script on a terminal with colours.
pub fn shell_on_terminal(database: &Database, script: &str) -> PtySession {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env("PGDATABASE", &database.name).env_remove("DATABASE_URL");
    command
        .env("PGUSER", Edition::current().owner(&database.name))
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR");
    spawn_with_options(command, Options::new().timeout_ms(Some(60_000))).expect("a terminal")
}

/// A directory of one test. It is removed at the end of the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// `dir` is the directory of the test's target, `CARGO_TARGET_TMPDIR`.
    pub fn new(dir: &str, database: &Database) -> Self {
        let dir = PathBuf::from(dir).join(&database.name);
        // A run that was killed may have left one, as PIDs in the names of databases come again.
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    /// The names of its files, sorted.
    pub fn files(&self) -> Vec<String> {
        files(&self.0)
    }

    /// The only archive in it.
    #[track_caller]
    pub fn archive(&self) -> PathBuf {
        let archives: Vec<String> = self.files().into_iter().filter(|file| file.ends_with(".dump")).collect();
        let [archive] = archives.try_into().unwrap_or_else(|files| panic!("one archive: {files:?}"));
        self.0.join(archive)
    }
}

/// The names of a directory's files, sorted.
pub fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
