//! Several servers with shards, and the file of shards.

use crate::admin::{Said, admin, said};
use crate::server::variable;
use crate::{Edition, Server};
use postgres::Client;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// A database and the name of its server.
pub type Place<'a> = (&'a str, &'a str);

/// Four shards on two servers.
pub const FOUR: [Place; 4] = [("todo_0", "a"), ("todo_1", "a"), ("todo_2", "b"), ("todo_3", "b")];

/// The names of servers, in their order.
const NAMES: [&str; 3] = ["a", "b", "c"];

pub struct Shards {
    pub servers: Vec<Server>,
    /// Where `shards.json` is.
    pub dir: PathBuf,
}

impl Shards {
    /// Servers `a`, `b` and so on, and a file with these shards, which do not exist yet.
    pub fn new(name: &str, servers: usize, shards: &[Place]) -> Self {
        let servers: Vec<Server> = (0..servers).map(|_| Server::start()).collect();
        for server in &servers {
            server
                .connect("postgres")
                .batch_execute("CREATE ROLE operator LOGIN CREATEDB; CREATE ROLE app LOGIN")
                .unwrap();
        }
        let dir = PathBuf::from(variable("TODO_CLUSTER")).with_extension(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let cluster = Self { servers, dir };
        cluster.write(shards);
        cluster
    }

    /// The role that installs the edition: an ordinary one for the SQL edition.
    pub fn owner() -> &'static str {
        if Edition::current() == Edition::Sql { "operator" } else { "postgres" }
    }

    /// Writes the file, for the role that installs.
    pub fn write(&self, shards: &[Place]) {
        self.write_for(Self::owner(), shards);
    }

    pub fn write_for(&self, role: &str, shards: &[Place]) {
        let servers: serde_json::Map<String, Value> = NAMES
            .iter()
            .zip(&self.servers)
            .map(|(&name, server)| (name.to_owned(), json!(format!("host={} user={role}", server.host()))))
            .collect();
        let shards: Vec<Value> =
            shards.iter().map(|(database, server)| json!({"database": database, "server": server})).collect();
        self.write_text(&json!({"servers": servers, "shards": shards}).to_string());
    }

    pub fn write_text(&self, text: &str) {
        std::fs::write(self.dir.join("shards.json"), text).unwrap();
    }

    /// The file as it is now.
    pub fn list(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.dir.join("shards.json")).unwrap()).unwrap()
    }

    /// The places in the file, in their order.
    pub fn places(&self) -> Vec<(String, String)> {
        let list = self.list();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list["shards"].as_array().unwrap().iter().map(|s| (text(&s["database"]), text(&s["server"]))).collect()
    }

    /// `todo-admin shards`, in the directory of the file.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = admin("nowhere");
        command.arg("shards").args(arguments).current_dir(&self.dir);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments), "")
    }

    /// Runs a command that must succeed and print nothing to standard error. Returns its standard output.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}: {}", said.out);
        said.out
    }

    #[track_caller]
    pub fn init(&self) {
        let edition = if Edition::current() == Edition::Sql { "sql" } else { "extension" };
        self.ok(&["init", "--edition", edition]);
    }

    pub fn server(&self, name: &str) -> &Server {
        &self.servers[NAMES.iter().position(|&known| known == name).expect("a server of the file")]
    }

    /// A session of the superuser in the shard with this number in the file.
    pub fn connect(&self, number: usize) -> Client {
        let (database, server) = &self.places()[number];
        self.server(server).connect(database)
    }
}

impl Drop for Shards {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The number of the shard to which a user belongs: that of the partition which PostgreSQL would choose.
pub fn shard_of(client: &mut Client, user: &str, modulus: usize) -> usize {
    try_shard_of(client, user, modulus).unwrap()
}

/// The same on a server that may crash meanwhile.
pub fn try_shard_of(client: &mut Client, user: &str, modulus: usize) -> Result<usize, postgres::Error> {
    let expression = "SELECT ((hashtextextended($1, 8816678312871386365) & ($2::bigint - 1)) + (5305509591434766563 & ($2 - 1))) & ($2 - 1)";
    client.query_one(expression, &[&user, &(modulus as i64)]).map(|row| row.get::<_, i64>(0) as usize)
}
