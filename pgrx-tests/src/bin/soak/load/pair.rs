//! A primary and its synchronous standby, which takes over now and then.

use postgres::Client;
use postgres::config::TargetSessionAttrs;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use todo_tests::server::config;
use todo_tests::{Edition, Server};

/// The database, on both.
pub const DATABASE: &str = "soak";

/// The role of clients that see one user at a time.
pub const ISOLATED: &str = "web";

/// How long anything that is waited for may take.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Pair {
    /// The primary first. A server that has failed stays in use until the last client looks elsewhere.
    servers: RwLock<[Arc<Server>; 2]>,
}

impl Pair {
    /// `prepare` is run on the primary before there is a standby.
    pub fn start(prepare: impl FnOnce(&Server)) -> Self {
        let primary = Server::start();
        let settings = [
            // The primary waits for the standby of this name. A base backup has another name, so it confirms nothing.
            "cluster_name = 'member'",
            // Keep the WAL that the standby lacks until it is back, and have it come back at once.
            "wal_keep_size = '512MB'",
            "wal_retrieve_retry_interval = '100ms'",
        ];
        for setting in settings {
            primary.connect("postgres").batch_execute(&format!("ALTER SYSTEM SET {setting}")).expect("a setting");
        }
        primary.restart(&[]);
        prepare(&primary);
        // From now on, a commit is acknowledged when the standby has it. The one that takes over has this setting from the other.
        let mut client = primary.connect("postgres");
        client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'member'").expect("a setting");
        client.batch_execute("SELECT pg_reload_conf()").expect("a reload");
        let standby = Server::standby_of(&primary);
        let pair = Self { servers: RwLock::new([Arc::new(primary), Arc::new(standby)]) };
        pair.wait_for_standby();
        pair
    }

    fn servers(&self) -> [Arc<Server>; 2] {
        self.servers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn primary(&self) -> Arc<Server> {
        self.servers()[0].clone()
    }

    pub fn standby(&self) -> Arc<Server> {
        self.servers()[1].clone()
    }

    /// A session on the primary, if there is one at the moment.
    pub fn try_connect(&self, role: &str) -> Result<Client, postgres::Error> {
        let [primary, standby] = self.servers();
        let mut config = config(primary.host(), DATABASE);
        config.host(standby.host()).user(role).target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect(postgres::NoTls)
    }

    /// A session on the standby, as of a client that has not heard which one is the primary.
    pub fn try_connect_wrongly(&self, role: &str) -> Result<Client, postgres::Error> {
        config(self.standby().host(), DATABASE).user(role).connect(postgres::NoTls)
    }

    /// Returns when commits do not wait for a standby that is not there.
    pub fn wait_for_standby(&self) {
        let deadline = Instant::now() + PATIENCE;
        let query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let mut client = self.primary().reconnect("postgres");
        while client.query_one(query, &[]).expect("an answer").get::<_, i64>(0) == 0 {
            assert!(Instant::now() < deadline, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The primary crashes for good. The standby takes over, and gets a new standby.
    pub fn fail_over(&self) {
        let [old, new] = self.servers();
        old.halt();
        let promote = "SELECT pg_promote(true, 120)";
        let is_promoted: bool = new.connect("postgres").query_one(promote, &[]).expect("an answer").get(0);
        assert!(is_promoted, "the standby does not take over");
        let standby = Server::standby_of(&new);
        *self.servers.write().unwrap_or_else(PoisonError::into_inner) = [new, Arc::new(standby)];
        self.wait_for_standby();
    }
}

/// What the clients need, on a server that has no standby yet.
pub fn prepare(server: &Server) {
    let mut client = server.connect("postgres");
    client.batch_execute(&format!("CREATE ROLE app LOGIN; CREATE ROLE {ISOLATED} LOGIN")).expect("roles");
    client.batch_execute(&format!("CREATE DATABASE {DATABASE}")).expect("a database");
    // Code that JIT compiles is in the backend's memory, too, and is no leak of ours.
    client.batch_execute(&format!("ALTER DATABASE {DATABASE} SET jit = off")).expect("a setting");
    if Edition::current() == Edition::Extension {
        let cost = format!("ALTER DATABASE {DATABASE} SET todo.bcrypt_cost = 4");
        client.batch_execute(&cost).expect("a cost");
    }
    let mut client = server.connect(DATABASE);
    client.batch_execute(&Edition::current().install(DATABASE)).expect("the edition installs");
    client.batch_execute(&Edition::current().set_cost(4)).expect("a cost");
    // What a backend has in memory is not for everyone to read.
    client
        .batch_execute(&format!(
            "SELECT todo_grant('app'); SELECT todo_grant('{ISOLATED}', 'isolated');
             CREATE SCHEMA soak; GRANT USAGE ON SCHEMA soak TO app, {ISOLATED};
             CREATE FUNCTION soak.memory() RETURNS bigint[] LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
                 AS $$ SELECT {} $$",
            todo_tests::memory::MEMORY
        ))
        .expect("rights");
    let commit: String = client.query_one("SHOW synchronous_commit", &[]).expect("a setting").get(0);
    assert_eq!(commit, "on");
}
