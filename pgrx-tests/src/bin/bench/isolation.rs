//! What isolation costs: an isolated role against one that is not, and that one against a database without isolated roles. Each is a
//! session of its own, and they take turns.

use crate::{median, verdict};
use postgres::{Client, NoTls, Statement};
use std::time::Instant;
use todo_tests::server::{config, connect, variable};

const SETUP: &str = "
    CREATE EXTENSION todo;
    INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@example.com', 'U' FROM generate_series(1, 1000) AS i;
    INSERT INTO tasks (user_id, title, completed, created_at)
        SELECT 'u' || i % 1000 + 1, 'Task ' || i, i % 3 = 0, timestamp '2026-01-01' + i * interval '1 second'
        FROM generate_series(1, 100000) AS i";
const DATABASES: [&str; 2] = ["not_isolated", "isolated"];
/// What is measured, for a user with 100 tasks.
const WORK: [(&str, &str); 4] = [
    ("todo_pending_tasks", "SELECT * FROM todo_pending_tasks('u8') LIMIT 20"),
    ("todo_toggle_task", "SELECT * FROM todo_toggle_task(7, 'u8')"),
    ("todo_get_user", "SELECT * FROM todo_get_user('u8')"),
    ("list", "SELECT * FROM tasks ORDER BY created_at DESC LIMIT 20"),
];
const CALLS: usize = 4000;

/// Whether what the project promises is kept.
pub fn measure() -> bool {
    let mut admin = connect("postgres");
    admin.batch_execute("CREATE ROLE bench_api LOGIN; CREATE ROLE bench_isolated LOGIN").expect("roles");
    for database in DATABASES {
        admin.batch_execute(&format!("CREATE DATABASE {database}")).expect("a database");
        let mut owner = connect(database);
        owner.batch_execute(SETUP).expect("the tables");
        owner.batch_execute("SELECT todo_grant('bench_api')").expect("rights");
        if database == "isolated" {
            owner.batch_execute("SELECT todo_grant('bench_isolated', 'isolated')").expect("rights");
        }
        owner.batch_execute("VACUUM (FREEZE, ANALYZE)").expect("a vacuum");
    }
    admin.batch_execute("CHECKPOINT").expect("a checkpoint");

    let session = |database: &str, role: &str| {
        let mut client = config(&variable("PGHOST"), database).user(role).connect(NoTls).expect("a session");
        client.batch_execute("SET todo.user_id = 'u8'").expect("the current user");
        client
    };
    let mut sessions =
        [session("not_isolated", "bench_api"), session("isolated", "bench_api"), session("isolated", "bench_isolated")];
    let mut kept = true;
    for (name, query) in WORK {
        // What others see when they read all tasks is not what the isolated role reads.
        let others = if name == "list" {
            "SELECT * FROM tasks WHERE user_id = 'u8' ORDER BY created_at DESC LIMIT 20"
        } else {
            query
        };
        let [without, beside, isolated] = medians(&mut sessions, [others, others, query]);
        kept &= verdict(&format!("{name}, no isolation"), "role that is not isolated", without, beside, Some(0.97));
        kept &= verdict(&format!("{name}, not isolated"), "isolated role", beside, isolated, Some(0.9));
    }
    drop(sessions);
    for database in DATABASES {
        admin.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).expect("dropped");
    }
    admin.batch_execute("DROP ROLE bench_api, bench_isolated").expect("dropped");
    kept
}

/// The medians of the times of prepared statements in microseconds, one for each session.
fn medians(sessions: &mut [Client; 3], queries: [&str; 3]) -> [f64; 3] {
    let statements: Vec<Statement> = sessions
        .iter_mut()
        .zip(queries)
        .map(|(client, query)| client.prepare(query).unwrap_or_else(|e| panic!("{query}: {e}")))
        .collect();
    let mut times = [const { Vec::new() }; 3];
    for call in 0..CALLS + CALLS / 10 {
        for (place, (client, statement)) in sessions.iter_mut().zip(&statements).enumerate() {
            let start = Instant::now();
            client.query(statement, &[]).expect("rows");
            // The first calls plan, or fill caches.
            if call >= CALLS / 10 {
                times[place].push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    times.map(median)
}
