//! Clients that write while shards move, split and crash, and keep count of what was acknowledged.

use crate::server::config;
use crate::shards::{Shards, try_shard_of};
use postgres::{Client, NoTls};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a writer tries to reach the database of its user.
const PATIENCE: Duration = Duration::from_secs(120);
/// A server that has lost a backend begins to restart long before this has passed.
const RESTART: Duration = Duration::from_secs(5);
/// How many changes of each writer must be acknowledged. On a slow machine, it goes on after the work until they are.
const LEAST: u64 = 11;
/// How long a writer goes on after the work at most.
const LATEST: Duration = Duration::from_secs(60);

/// What a writer has done.
pub struct Writer {
    pub user: String,
    task: i64,
    /// Changes that were acknowledged. Each sets the title of the task to its number, so a change that is lost or repeated shows.
    pub acknowledged: u64,
    /// Changes that were refused because the user has moved.
    pub refused: u64,
    /// Changes during which the connection was lost: they may have been made or not.
    pub unknown: u64,
    /// The longest time from one change to the next.
    pub longest: Duration,
}

/// A session of the application in the shard of a user. It reads the file of shards again, and tries until the database can be reached.
fn connect(cluster: &Shards, user: &str) -> Client {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let places = cluster.places();
        // Any server can compute the hash.
        let number = cluster
            .servers
            .iter()
            .find_map(|server| try_shard_of(&mut server.try_connect("postgres").ok()?, user, places.len()).ok());
        if let Some((database, server)) = number.map(|number| &places[number])
            && let Ok(client) = config(cluster.server(server).host(), database).user("app").connect(NoTls)
        {
            return client;
        }
        assert!(Instant::now() < deadline, "the database of {user} cannot be reached");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Connects and creates the task of a writer, which has not written yet.
fn begin(cluster: &Shards, user: &str) -> (Client, Writer) {
    let mut client = connect(cluster, user);
    let create = "SELECT id::bigint FROM todo_create_task($1, '0')";
    let task: i64 = client.query_one(create, &[&user]).unwrap().get(0);
    let user = user.to_owned();
    (client, Writer { user, task, acknowledged: 0, refused: 0, unknown: 0, longest: Duration::ZERO })
}

/// Changes the task of a writer again and again. After each error, it connects again by the file of shards as it is then.
fn write(cluster: &Shards, mut client: Client, mut writer: Writer, stop: &AtomicBool) -> Writer {
    let (user, task) = (writer.user.clone(), writer.task);
    let mut session = identity(&mut client);
    let mut last = Instant::now();
    let mut stopped = None;
    loop {
        if stop.load(Ordering::Relaxed) {
            let stopped = *stopped.get_or_insert_with(Instant::now);
            if writer.acknowledged >= LEAST || stopped.elapsed() > LATEST {
                return writer;
            }
        }
        let next = (writer.acknowledged + 1).to_string();
        let update = "SELECT count(*) FROM todo_update_task($1, $2, title => $3)";
        match client.query_one(update, &[&task, &user, &next]) {
            Ok(row) => {
                assert_eq!(row.get::<_, i64>(0), 1, "{user} is not where the file says");
                writer.acknowledged += 1;
                writer.longest = writer.longest.max(last.elapsed());
                last = Instant::now();
            }
            Err(error) => {
                match error.code().map(|code| code.code()) {
                    Some("25006") => writer.refused += 1,
                    // The server stops, or has crashed.
                    None | Some("57P01" | "57P02" | "57P03") => {
                        writer.unknown += 1;
                        writer.acknowledged += u64::from(was_done(cluster, &writer, session.as_deref()));
                    }
                    Some(other) => panic!("{other}: {error}"),
                }
                client = connect(cluster, &user);
                session = identity(&mut client);
            }
        }
    }
}

/// A text that identifies a session, also after another backend has got the same PID. `None` if the session has ended already.
fn identity(client: &mut Client) -> Option<String> {
    let own = "SELECT pid || ' since ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";
    client.query_one(own, &[]).ok().map(|row| row.get(0))
}

/// Whether the change that got no answer was made. The title must be the number of this change, or else that of the last acknowledged one.
fn was_done(cluster: &Shards, writer: &Writer, session: Option<&str>) -> bool {
    let begun = Instant::now();
    let deadline = begun + PATIENCE;
    loop {
        if (has_ended(cluster, writer, session) || begun.elapsed() > RESTART)
            && let Some(title) = title(cluster, writer)
        {
            let found: u64 = title.parse().unwrap();
            assert!(
                found == writer.acknowledged || found == writer.acknowledged + 1,
                "{}: {found} is there, but {} was acknowledged",
                writer.user,
                writer.acknowledged
            );
            return found > writer.acknowledged;
        }
        assert!(Instant::now() < deadline, "the task of {} cannot be read", writer.user);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the server no longer lists a session. It lists one that was killed during its commit until it has restarted. Only then can the
/// change be seen.
fn has_ended(cluster: &Shards, writer: &Writer, session: Option<&str>) -> bool {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE pid || ' since ' || backend_start = $1";
    let found = connect(cluster, &writer.user).query_one(query, &[&session]);
    found.is_ok_and(|row| row.get::<_, i64>(0) == 0)
}

/// The title of the writer's task, if it can be read at the moment.
fn title(cluster: &Shards, writer: &Writer) -> Option<String> {
    let query = "SELECT title FROM tasks WHERE user_id = $1 AND id = $2::bigint";
    connect(cluster, &writer.user).query_one(query, &[&writer.user, &writer.task]).ok().map(|row| row.get(0))
}

/// Runs `work` while a writer for each user is busy. Asserts that all acknowledged changes are there afterwards, and no others.
pub fn under_load(cluster: &Shards, users: &[String], work: impl FnOnce()) -> Vec<Writer> {
    // The work may stop the server at once, so all have connected and created their tasks before it starts.
    let begun: Vec<(Client, Writer)> = users.iter().map(|user| begin(cluster, user)).collect();
    let stop = &AtomicBool::new(false);
    let writers: Vec<Writer> = std::thread::scope(|scope| {
        let start = |(client, writer)| scope.spawn(move || write(cluster, client, writer, stop));
        let handles: Vec<_> = begun.into_iter().map(start).collect();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        stop.store(true, Ordering::Relaxed);
        let writers = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
        writers
    });
    for writer in &writers {
        let found = title(cluster, writer).expect("the task can be read");
        assert_eq!(found, writer.acknowledged.to_string(), "{}: acknowledged changes are lost", writer.user);
        assert!(writer.acknowledged >= LEAST, "{} has hardly written", writer.user);
    }
    writers
}
