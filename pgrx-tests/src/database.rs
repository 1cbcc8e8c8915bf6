//! A database for each test, in the cluster that `cluster.sh exec` started.

use crate::edition::Edition;
use crate::fixtures::HASH;
use crate::server::{config, connect, variable};
use postgres::{Client, Config};
use std::sync::atomic::{AtomicU32, Ordering};

/// A database of one test. It is dropped at the end of the test.
pub struct Database {
    pub name: String,
    pub client: Client,
}

impl Database {
    /// A database with the edition that is tested, in schema public.
    pub fn new() -> Self {
        let mut database = Self::empty();
        database.client.batch_execute(&Edition::current().install(&database.name)).expect("the edition installs");
        database
    }

    /// A database with the extension and users `u1` and `u2`.
    pub fn with_users() -> Self {
        let mut database = Self::new();
        database
            .client
            .batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'), ('u2', 'b@b.cd', 'B')")
            .expect("valid users");
        database
    }

    /// A database with both extensions and users `u1` and `u2`. `u1` has a password.
    pub fn with_auth() -> Self {
        let mut database = Self::with_users();
        let auth = Edition::current().install_auth(&database.name);
        database.client.batch_execute(&auth).expect("todo_auth installs");
        database.client.execute("UPDATE users SET hashed_password = $1 WHERE id = 'u1'", &[&HASH]).expect("a hash");
        database
    }

    /// A database without the extension.
    pub fn empty() -> Self {
        Self::created_with("")
    }

    /// A database without the extension, created with these options of CREATE DATABASE.
    pub fn created_with(options: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        connect("postgres").batch_execute(&format!("CREATE DATABASE {name} {options}")).expect("a new database");
        Self { client: connect(&name), name }
    }

    /// A database with tables that can be adopted, which these statements create, and a few rows.
    pub fn to_adopt(tables: &str) -> Self {
        let mut database = Self::empty();
        let client = &mut database.client;
        client.batch_execute(tables).unwrap();
        client
            .execute(
                "INSERT INTO users SELECT 'u' || i, 'user' || i || '@b.cd', 'User ' || i, $1, '2024-01-01', '2024-01-02', i % 2 = 0, false
                 FROM generate_series(1, 20) AS i",
                &[&HASH],
            )
            .unwrap();
        client
            .batch_execute(
                "INSERT INTO tasks (user_id, title, completed, created_at, updated_at, completed_at)
                 SELECT 'u' || i % 20 + 1, 'Task ' || i, i % 2 = 0, '2024-01-01', '2024-01-02 03:04:05.678901',
                     CASE i % 2 WHEN 0 THEN timestamp '2024-01-02' END
                 FROM generate_series(1, 200) AS i",
            )
            .unwrap();
        database
    }

    /// One more session.
    pub fn connect(&self) -> Client {
        connect(&self.name)
    }

    /// How to connect as a superuser, for a session with other settings.
    pub fn config(&self) -> Config {
        config(&variable("PGHOST"), &self.name)
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let ended = end(&self.name);
        // A second panic would abort all tests.
        if !std::thread::panicking() {
            ended.unwrap_or_else(|e| panic!("what {} leaves behind: {e:?}", self.name));
        }
    }
}

/// Drops a test's databases and then its roles. They have the name of the test's database in theirs.
fn end(name: &str) -> Result<(), postgres::Error> {
    let client = &mut connect("postgres");
    let named = format!("(^|[^a-z0-9]){name}($|[^0-9])");
    for (catalog, column, drop) in [
        ("pg_database", "datname", "DROP DATABASE %1$I WITH (FORCE)"),
        ("pg_roles", "rolname", "DROP OWNED BY %1$I; DROP ROLE %1$I"),
    ] {
        let all = format!("SELECT format('{drop}', {column}) FROM {catalog} WHERE {column} ~ $1");
        for row in client.query(&all, &[&named])? {
            client.batch_execute(row.get(0))?;
        }
    }
    Ok(())
}

/// Creates 1,000 users and 10,000 tasks with values that a dump could spoil, and a role with grants.
pub fn fill(client: &mut Client, role: &str) {
    client
        .execute(
            "INSERT INTO users (id, email, name, hashed_password, created_at, updated_at, is_active, email_verified)
             SELECT 'user-' || i, 'User' || i || '@example.com', E'N\u{e4}me \\\\ \\' ' || i, CASE i % 3 WHEN 0 THEN '!' ELSE $1 END,
                 timestamp '2020-01-01' + i * interval '1.000001 s', timestamp '2021-01-01' + i * interval '1.000001 s',
                 i % 5 > 0, i % 2 = 0
             FROM generate_series(1, 1000) AS i",
            &[&HASH],
        )
        .unwrap();
    client
        .batch_execute(&format!(
            "INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at)
             SELECT 'user-' || i % 1000 + 1, 'T\u{ef}tle \\ ' || i, CASE i % 4 WHEN 0 THEN E'line\\nline\\t\\\\N' WHEN 1 THEN '' END, i % 2 = 0,
                 timestamp '2022-01-01' + i * interval '1.000001 s', timestamp '2022-02-01' + i * interval '0.999999 s',
                 CASE i % 2 WHEN 0 THEN timestamp '2022-03-01' + i * interval '0.123457 s' END
             FROM generate_series(1, 10000) AS i;
             DELETE FROM tasks WHERE id > 9990;
             CREATE ROLE {role}; SELECT todo_grant('{role}', 'tables'); REVOKE DELETE ON users FROM {role}"
        ))
        .unwrap();
}
