//! Shards with users and tasks, to be moved and split.

use crate::shards::{FOUR, Shards, shard_of};
use crate::waiting::until;
use crate::{Edition, strings};
use postgres::Client;
use std::collections::BTreeMap;

/// Four shards on these servers, set up for moves: with `wal_level = logical`, and a file of shards for the superuser.
pub fn start(name: &str, servers: usize) -> Shards {
    let cluster = Shards::new(name, servers, &FOUR);
    for server in &cluster.servers {
        server.connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
        server.restart(&[]);
    }
    cluster.init();
    cluster.ok(&["grant", "app"]);
    cluster.write_for("postgres", &FOUR);
    cluster
}

/// Adds the option by which the operator trusts the owner of the SQL edition, which is an ordinary role.
pub fn with_trust<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let trust: &[&str] = if Edition::current() == Edition::Sql { &["--trust-owner=operator"] } else { &[] };
    [arguments, trust].concat()
}

/// Creates users with three tasks each, on the shards to which they belong. Returns their ids.
pub fn fill(cluster: &Shards, users: usize) -> Vec<String> {
    let modulus = cluster.places().len();
    let mut first = cluster.connect(0);
    let ids: Vec<String> = (0..users).map(|number| format!("user-{number}")).collect();
    for id in &ids {
        let number = shard_of(&mut first, id, modulus);
        let mut shard = cluster.connect(number);
        shard.execute("INSERT INTO users (id, email, name) VALUES ($1::text, $1 || '@b.cd', 'X')", &[id]).unwrap();
        let insert = "INSERT INTO tasks (user_id, title) SELECT $1, 'task ' || i FROM generate_series(1, 3) AS i";
        shard.execute(insert, &[id]).unwrap();
    }
    ids
}

/// A task: its title, whether it is completed, and when it was changed.
pub type State = (String, bool, String);

/// The tasks of each user, read from the shard to which the user belongs.
pub fn tasks(cluster: &Shards, users: &[String]) -> BTreeMap<String, Vec<State>> {
    let modulus = cluster.places().len();
    let mut sessions: Vec<Client> = (0..modulus).map(|number| cluster.connect(number)).collect();
    let query = "SELECT title, completed, updated_at::text FROM tasks WHERE user_id = $1 ORDER BY id";
    users
        .iter()
        .map(|user| {
            let number = shard_of(&mut sessions[0], user, modulus);
            let rows = sessions[number].query(query, &[user]).unwrap();
            (user.clone(), rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
        })
        .collect()
}

/// Asserts that a move or split has left nothing behind on any server.
pub fn assert_nothing_is_left(cluster: &Shards) {
    for (database, server) in cluster.places() {
        let mut client = cluster.server(&server).connect(&database);
        let left = strings(
            &mut client,
            "SELECT 'subscription ' || subname FROM pg_subscription UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
             UNION ALL SELECT 'publication ' || pubname FROM pg_publication UNION ALL SELECT 'fence' FROM pg_namespace WHERE nspname = 'todo_fence'
             UNION ALL SELECT tgname::text FROM pg_trigger WHERE tgname LIKE '%todo_leaving%'
             UNION ALL SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE 'todo-admin%'",
        );
        assert_eq!(left, Vec::<String>::new(), "{database} on {server}");
    }
}

/// Begins to move the first shard to server b, and kills the command.
pub fn begin(cluster: &Shards) {
    begin_with(cluster, &["move", "todo_0", "--to", "b"], "b");
}

/// Begins a command, and kills it as soon as this server has a subscription, which copies the rows.
pub fn begin_with(cluster: &Shards, arguments: &[&str], server: &str) {
    let mut child = cluster.command(&with_trust(arguments)).spawn().unwrap();
    let subscribed = "SELECT count(*) > 0 FROM pg_subscription";
    until(&mut cluster.server(server).connect("postgres"), subscribed, || assert!(child.try_wait().unwrap().is_none()));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until a copy has all rows. Replication goes on after the command has been killed. Returns a session in the copy.
pub fn copied(cluster: &Shards, database: &str, server: &str) -> Client {
    let mut copy = cluster.server(server).connect(database);
    until(&mut copy, "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel", || ());
    copy
}
