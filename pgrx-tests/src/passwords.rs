//! Passwords and hashes through the functions, and with other programs.

use crate::{Database, Edition};
use postgres::Client;
use std::path::Path;
use std::process::Command;

/// The specification's second sample hash. It has the form of a hash, but its base64 is not canonical, so no password matches it.
pub const JANES_HASH: &str = "$2b$12$EqKcp1WFKs7ILHDI8t4qfe7fM0j8w1uV5tGVKqVXLqXLqXLqXLqXL";

/// A password in the two forms that keyboards send: NFC and NFD.
pub const COMPOSED: &str = "pässwörd ガ 각";
pub const DECOMPOSED: &str = "pa\u{308}sswo\u{308}rd \u{30ab}\u{3099} \u{1100}\u{1161}\u{11a8}";

impl Database {
    /// A database where new hashes are cheap in all sessions.
    pub fn with_cheap_hashes() -> Self {
        let mut database = Self::new();
        database.set_cost(4);
        database
    }

    /// Sets the cost of new hashes for this session and for new ones.
    pub fn set_cost(&mut self, cost: u32) {
        if Edition::current() == Edition::Extension {
            let default = format!("ALTER DATABASE {} SET todo.bcrypt_cost = {cost}", self.name);
            self.client.batch_execute(&default).expect("a cost");
        }
        set_cost(&mut self.client, cost);
    }
}

pub fn set_cost(client: &mut Client, cost: u32) {
    client.batch_execute(&Edition::current().set_cost(cost)).unwrap();
}

pub fn hash(client: &mut Client, password: &str) -> Result<String, postgres::Error> {
    client.query_one("SELECT todo_hash_password($1)", &[&password]).map(|row| row.get(0))
}

pub fn check(client: &mut Client, password: Option<&str>, hash: Option<&str>) -> bool {
    client.query_one("SELECT todo_check_password($1, $2)", &[&password, &hash]).unwrap().get(0)
}

pub fn create_user(client: &mut Client, password: &str) -> String {
    let query = "SELECT id FROM todo_create_user('ada@example.com', 'Ada', $1)";
    client.query_one(query, &[&password]).unwrap().get(0)
}

pub fn stored_hash(client: &mut Client) -> String {
    client.query_one("SELECT hashed_password FROM users WHERE email = 'ada@example.com'", &[]).unwrap().get(0)
}

pub fn logs_in(client: &mut Client, password: &str) -> bool {
    let query = "SELECT * FROM todo_authenticate('ada@example.com', $1)";
    !client.query(query, &[&password]).unwrap().is_empty()
}

/// Runs a program of the interop directory. Returns its standard output.
pub fn run_program(program: &str, arguments: &[&str]) -> String {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    let program = if program == "python" { interop.join("../../target/python/bin/python") } else { program.into() };
    let output = Command::new(&program)
        .args(arguments)
        .current_dir(interop)
        .output()
        .unwrap_or_else(|e| panic!("{program:?}: {e}"));
    assert!(output.status.success(), "{program:?} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A hash of cost 4 by Python's bcrypt, which does not normalize the password.
pub fn their_hash(password: &str) -> String {
    run_program("python", &["python/password.py", "hash", password])
}

/// Whether Python's bcrypt accepts the password for this hash. It does not normalize the password.
pub fn is_theirs(password: &str, hash: &str) -> bool {
    run_program("python", &["python/password.py", "check", password, hash]) == "true"
}
