//! The cluster that the tests share, and further clusters of single tests.

use crate::Database;
use postgres::{Client, Config, NoTls};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A cluster of one test, which is stopped and removed at the end of the test.
pub struct Server {
    dir: PathBuf,
    host: String,
}

impl Server {
    pub fn start() -> Self {
        Self::make("start", &[], &variable("PGHOST"))
    }

    /// A hot standby of the shared cluster.
    pub fn standby() -> Self {
        Self::make("standby", &[], &variable("PGHOST"))
    }

    /// A hot standby of this one.
    pub fn standby_of(primary: &Self) -> Self {
        Self::make("standby", &[], &primary.host)
    }

    /// Stops this cluster, and starts the one that pg_upgrade makes of it for the server of NEW_PG_CONFIG.
    pub fn upgrade(&self) -> Self {
        Self::make("upgrade", &[&self.dir], &variable("PGHOST"))
    }

    fn make(command: &str, arguments: &[&Path], primary: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let suffix = format!("{command}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Beside the shared cluster: cluster.sh removes it with that one, even if the test is killed.
        let dir = PathBuf::from(variable("TODO_CLUSTER")).with_extension(suffix);
        let output = run(cluster_sh_of(primary).arg(command).args(arguments).arg(&dir));
        let host = output.lines().find_map(|line| line.strip_prefix("PGHOST='")?.strip_suffix('\'')).expect("a host");
        Self { host: host.to_owned(), dir }
    }

    /// Its directory. The data directory is `data` in it.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Restarts it, for settings that need a restart. First makes the files `private` in its data directory readable by the server alone.
    pub fn restart(&self, private: &[&str]) {
        let private: Vec<&Path> = private.iter().map(Path::new).collect();
        cluster_sh("restart", &[&[self.dir.as_path()], private.as_slice()].concat());
    }

    /// The directory of its socket, as PGHOST takes it.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn connect(&self, database: &str) -> Client {
        connect_to(&self.host, database)
    }

    /// The same for a server that may be down or recovering.
    pub fn try_connect(&self, database: &str) -> Result<Client, postgres::Error> {
        config(&self.host, database).connect(NoTls)
    }

    /// As another role than the superuser.
    pub fn connect_as(&self, database: &str, role: &str) -> Client {
        let mut config = config(&self.host, database);
        config.user(role).connect(NoTls).expect("the role may log in")
    }

    /// Stops it at once, as in a crash.
    pub fn halt(&self) {
        cluster_sh("halt", &[&self.dir]);
    }

    /// Starts it again after [`Self::halt`].
    pub fn resume(&self) {
        cluster_sh("resume", &[&self.dir]);
    }

    /// Kills one of its processes. If that is a backend, the server ends all others and recovers.
    pub fn kill(&self, pid: &str) {
        assert!(signal(pid), "process {pid}");
    }

    /// Kills a backend of a role as the kernel does when memory runs out, preferably one that is running a statement. The server then ends
    /// all sessions. Returns when it has ended this one, which is a superuser's.
    pub fn kill_a_backend(&self, role: &str, client: &mut Client) {
        // Keep to the backend that was killed as long as the server lists it. One that ended before the signal came was not killed.
        let pid = "SELECT pid::text FROM pg_stat_activity WHERE usename = $1
            ORDER BY pid::text <> $2, state <> 'active', random() LIMIT 1";
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut killed = String::new();
        loop {
            match client.query_opt(pid, &[&role, &killed]).map(|row| row.map(|row| row.get::<_, String>(0))) {
                Ok(Some(pid)) if pid != killed && signal(&pid) => killed = pid,
                // The clients connect again one by one.
                Ok(_) => assert!(Instant::now() < deadline, "the server goes on, and {role} has no other backend"),
                Err(error) => break assert_ne!(killed, "", "{error}"),
            }
        }
    }

    /// A session of the superuser, as soon as the server accepts one again.
    pub fn reconnect(&self, database: &str) -> Client {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match self.try_connect(database) {
                Ok(client) => return client,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
        }
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

/// Kills a process. Returns whether it existed.
fn signal(pid: &str) -> bool {
    Command::new("kill").args(["-KILL", pid]).stderr(Stdio::null()).status().expect("kill runs").success()
}

/// Runs `cluster.sh`, and returns its standard output.
fn cluster_sh(command: &str, arguments: &[&Path]) -> String {
    run(cluster_sh_of(&variable("PGHOST")).arg(command).args(arguments))
}

/// `cluster.sh` with the server of which it would make a standby.
fn cluster_sh_of(primary: &str) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/cluster.sh"));
    command.env("PGHOST", primary);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("cluster.sh runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Limits a backend of the shared cluster to this many bytes more than it has now.
pub fn limit_memory(pid: i32, more: u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a backend");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB"));
    let size: u64 = size.expect("a size").parse().expect("a number");
    // The soft limit, which can be raised again.
    let limit = format!("--as={}:", size * 1024 + more);
    cluster_sh("as", &["prlimit", "--pid", &pid.to_string(), &limit].map(Path::new));
}

/// When the server last began to accept sessions. A crash of a backend changes it, because the postmaster then restarts its other
/// processes. Only a superuser sees it.
pub fn last_restart(client: &mut Client) -> String {
    let start = "SELECT backend_start::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
    client.query_one(start, &[]).expect("a checkpointer").get(0)
}

/// The cluster's server log.
pub fn server_log() -> String {
    std::fs::read_to_string(Path::new(&variable("TODO_CLUSTER")).join("server.log")).expect("a readable server log")
}

/// A session of the superuser on the shared cluster.
pub fn connect(database: &str) -> Client {
    connect_to(&variable("PGHOST"), database)
}

fn connect_to(host: &str, database: &str) -> Client {
    config(host, database).connect(NoTls).expect("the test cluster accepts connections")
}

/// How the superuser connects.
pub fn config(host: &str, database: &str) -> Config {
    let mut config = Config::new();
    config.host(host).user("postgres").dbname(database);
    config
}

/// A variable that `cluster.sh exec` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).expect("run by `make test`, within cluster.sh exec")
}
