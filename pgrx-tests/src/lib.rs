//! What the tests share: databases in the cluster that `cluster.sh exec` started, and errors by their fields.

pub mod operator;

pub mod attack;

use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The specification's sample data, to the letter.
pub const SAMPLE_DATA: &str = include_str!("../fixtures/sample_data.sql");
/// The specification's seven query patterns, to the letter.
pub const PATTERNS: &str = include_str!("../fixtures/patterns.sql");
/// The same seven through the functions.
pub const PATTERNS_BY_FUNCTION: &str = include_str!("../fixtures/patterns_by_function.sql");

/// What other tools have made of the specification, to be adopted.
pub const TO_ADOPT: [(&str, &str); 4] = [
    ("the DDL", include_str!("../fixtures/adopt/ddl.sql")),
    ("Alembic", include_str!("../fixtures/adopt/alembic.sql")),
    ("SQLModel", include_str!("../fixtures/adopt/sqlmodel.sql")),
    ("released tables", "CREATE EXTENSION todo; SELECT todo_release_tables(); DROP EXTENSION todo"),
];

/// What an application may add to the tables, one of each kind, and dumps leave out; for a role named ROLE.
pub const EXTRAS: &str = include_str!("../fixtures/extras.sql");

/// A bcrypt hash, for columns that need one. Tests bind it, so that no server log shows it.
pub const HASH: &str = "$2b$12$LQv3c1yqBWVHxkd0LHAkCOYz6TtxMQJqhN8/X4SIYoqLJ2NXC.Ky2";

/// A hash as Better Auth makes it if nobody tells it otherwise.
pub fn scrypt() -> String {
    format!("{}:{}", "0f".repeat(16), "a1".repeat(64))
}

/// Makes a session of todo_auth: token, user.
pub const AUTH_SESSION: &str =
    "INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ($1, now(), $2)";

/// A database of its own for one test, dropped at the end.
pub struct Database {
    pub name: String,
    pub client: Client,
}

impl Database {
    /// A database with the extension in schema public.
    pub fn new() -> Self {
        let mut database = Self::empty();
        database.client.batch_execute("CREATE EXTENSION todo").expect("the extension installs");
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

    /// Both extensions, and users `u1` and `u2`, of whom `u1` has a password.
    pub fn with_auth() -> Self {
        let mut database = Self::with_users();
        database.client.batch_execute("CREATE EXTENSION todo_auth").expect("the extension installs");
        database.client.execute("UPDATE users SET hashed_password = $1 WHERE id = 'u1'", &[&HASH]).expect("a hash");
        database
    }

    /// A database without the extension.
    pub fn empty() -> Self {
        Self::created_with("")
    }

    /// A database without the extension, made with more options of CREATE DATABASE.
    pub fn created_with(options: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        connect("postgres").batch_execute(&format!("CREATE DATABASE {name} {options}")).expect("a new database");
        Self { client: connect(&name), name }
    }

    /// One more session.
    pub fn connect(&self) -> Client {
        connect(&self.name)
    }

    /// How to connect, for a session of another kind.
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
        // A test that panics must not panic again; the cluster goes with all its databases anyway.
        let _ = connect("postgres").batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn connect(database: &str) -> Client {
    connect_to(&variable("PGHOST"), database)
}

fn connect_to(host: &str, database: &str) -> Client {
    config(host, database).connect(NoTls).expect("the test cluster accepts connections")
}

fn config(host: &str, database: &str) -> Config {
    let mut config = Config::new();
    config.host(host).user("postgres").dbname(database);
    config
}

/// A variable that `cluster.sh exec` sets.
fn variable(name: &str) -> String {
    std::env::var(name).expect("run by `make test`, within cluster.sh exec")
}

/// A cluster besides the one that the tests share, stopped and removed at the end.
pub struct Server {
    dir: PathBuf,
    host: String,
}

impl Server {
    pub fn start() -> Self {
        Self::make("start", &[])
    }

    /// A hot standby of the shared cluster.
    pub fn standby() -> Self {
        Self::make("standby", &[])
    }

    /// What pg_upgrade makes of this cluster, which it stops, for the server that is tested against.
    pub fn upgrade(&self) -> Self {
        Self::make("upgrade", &[&self.dir])
    }

    fn make(command: &str, arguments: &[&Path]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let suffix = format!("{command}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Beside the shared one: with that, it is removed even if a test is killed.
        let dir = PathBuf::from(variable("TODO_CLUSTER")).with_extension(suffix);
        let output = cluster_sh(command, &[arguments, &[&dir]].concat());
        let host = output.lines().find_map(|line| line.strip_prefix("PGHOST='")?.strip_suffix('\'')).expect("a host");
        Self { host: host.to_owned(), dir }
    }

    /// Where it lives: `data` is its data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Restarts it, for settings that want that. `private` are files in its data directory that are to be the server's alone.
    pub fn restart(&self, private: &[&str]) {
        let private: Vec<&Path> = private.iter().map(Path::new).collect();
        cluster_sh("restart", &[&[self.dir.as_path()], private.as_slice()].concat());
    }

    /// The directory of its socket, for PGHOST.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn connect(&self, database: &str) -> Client {
        connect_to(&self.host, database)
    }

    /// As another role than the superuser.
    pub fn connect_as(&self, database: &str, role: &str) -> Client {
        let mut config = config(&self.host, database);
        config.user(role).connect(NoTls).expect("the role may log in")
    }

    /// A session on the standby's copy of a database, once it has replayed all that the primary has written so far.
    pub fn connect_to_copy(&self, database: &mut Database) -> Client {
        let written: String = database.client.query_one("SELECT pg_current_wal_lsn()::text", &[]).unwrap().get(0);
        let mut client = self.connect("postgres");
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !client.query_one(&replayed, &[]).unwrap().get::<_, bool>(0) {
            assert!(Instant::now() < deadline, "the standby does not catch up");
        }
        self.connect(&database.name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        cluster_sh("stop", &[&self.dir]);
    }
}

/// Runs `cluster.sh`; its standard output.
fn cluster_sh(command: &str, arguments: &[&Path]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster.sh");
    let output = Command::new(script).arg(command).args(arguments).output().expect("cluster.sh runs");
    assert!(output.status.success(), "cluster.sh {command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The cluster's server log.
pub fn server_log() -> String {
    std::fs::read_to_string(Path::new(&variable("TODO_CLUSTER")).join("server.log")).expect("a readable server log")
}

/// SQLSTATE and two more fields of an error.
pub type Fields<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// What a client can tell of an error, without its message.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Failure {
    /// The failure of a statement that must fail.
    #[track_caller]
    pub fn of<T>(result: Result<T, postgres::Error>) -> Self {
        let Err(error) = result else { panic!("the statement succeeded") };
        Self::from(&error)
    }

    /// Code, column and constraint.
    pub fn fields(&self) -> Fields<'_> {
        (&self.code, self.column.as_deref(), self.constraint.as_deref())
    }
}

impl From<&postgres::Error> for Failure {
    fn from(error: &postgres::Error) -> Self {
        let db = error.as_db_error().unwrap_or_else(|| panic!("not an error of the server: {error}"));
        let owned = |field: Option<&str>| field.map(str::to_owned);
        Self {
            code: db.code().code().to_owned(),
            table: owned(db.table()),
            column: owned(db.column()),
            constraint: owned(db.constraint()),
            detail: owned(db.detail()),
            hint: owned(db.hint()),
        }
    }
}

/// Bytes sent as a text parameter as they are, valid or not.
#[derive(Debug)]
pub struct RawText(pub &'static [u8]);

impl ToSql for RawText {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A `timestamp` as PostgreSQL sends it: microseconds since 2000-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TIMESTAMP)
    }
}

/// One task, as every client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: i32,
    pub user_id: String,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
}

impl From<&postgres::Row> for Task {
    fn from(row: &postgres::Row) -> Self {
        assert_eq!(row.len(), 8, "a task has eight columns");
        Self {
            id: row.get("id"),
            user_id: row.get("user_id"),
            title: row.get("title"),
            description: row.get("description"),
            completed: row.get("completed"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            completed_at: row.get("completed_at"),
        }
    }
}

/// The tasks that a query returns.
#[track_caller]
pub fn tasks(client: &mut Client, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Task> {
    client.query(query, parameters).unwrap_or_else(|e| panic!("{query}: {e}")).iter().map(Task::from).collect()
}

/// The one task that a query returns.
#[track_caller]
pub fn task(client: &mut Client, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Task {
    let mut tasks = tasks(client, query, parameters);
    assert_eq!(tasks.len(), 1, "{query}");
    tasks.remove(0)
}

/// All that the extension is in the catalogs, a line each.
pub fn catalog(client: &mut Client) -> Vec<String> {
    catalog_of(client, "todo")
}

/// The same for another extension.
pub fn catalog_of(client: &mut Client, extension: &str) -> Vec<String> {
    let query = include_str!("../fixtures/catalog.sql");
    strings(client, &query.replace("extname = 'todo'", &format!("extname = '{extension}'")))
}

/// Every row of both tables, as text.
pub fn rows(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT r.text FROM (
             SELECT 1 AS place, id COLLATE \"C\" AS key, users::text AS text FROM users
             UNION ALL SELECT 2, to_char(id, 'FM0000000000'), tasks::text FROM tasks
         ) AS r ORDER BY r.place, r.key",
    )
}

/// The first column of a query's rows.
#[track_caller]
pub fn strings(client: &mut Client, query: &str) -> Vec<String> {
    client.query(query, &[]).unwrap_or_else(|e| panic!("{query}: {e:?}")).iter().map(|row| row.get(0)).collect()
}

/// What one run of `todo-admin` has said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// `todo-admin` as it was built, connected by the PG* variables; not on a terminal.
pub fn admin(database: &str) -> Command {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/package/todo-admin");
    let mut command = Command::new(program);
    command.env("PGDATABASE", database).env_remove("DATABASE_URL").stdin(std::process::Stdio::null());
    command
}

/// Runs a command to its end, with a text as its standard input.
pub fn said(command: &mut Command, input: &str) -> Said {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read all of it is no failure of ours.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
