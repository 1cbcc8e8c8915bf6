//! What isolation costs: an isolated role against one that is not, and that one against a database without isolated roles. Each runs
//! pgbench for a while, one after the other: sessions that take turns with each call measure how soon a processor wakes up.

use crate::{Bench, median, verdict};
use todo_tests::server::connect;

/// 1,000 users with 100 tasks each.
const SETUP: &str = "
    CREATE EXTENSION todo;
    INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@example.com', 'U' FROM generate_series(1, 1000) AS i;
    INSERT INTO tasks (user_id, title, completed, created_at)
        SELECT 'u' || i % 1000 + 1, 'Task ' || i, i % 3 = 0, timestamp '2026-01-01' + i * interval '1 second'
        FROM generate_series(1, 100000) AS i;
    SELECT todo_grant('bench_api')";
/// A database and a role in it.
const SESSIONS: [[&str; 2]; 3] =
    [["not_isolated", "bench_api"], ["isolated", "bench_api"], ["isolated", "bench_isolated"]];
/// Statements of an isolated role, and the same for a role that sees all tasks.
const WORK: [(&str, &str, Option<&str>); 4] = [
    ("todo_toggle_task", "SELECT * FROM todo_toggle_task(7, 'u8')", None),
    ("todo_pending_tasks", "SELECT * FROM todo_pending_tasks('u8') LIMIT 20", None),
    ("todo_get_user", "SELECT * FROM todo_get_user('u8')", None),
    (
        "newest tasks",
        "SELECT * FROM tasks ORDER BY created_at DESC LIMIT 20",
        Some("SELECT * FROM tasks WHERE user_id = 'u8' ORDER BY created_at DESC LIMIT 20"),
    ),
];
const RUNS: usize = 5;

/// Whether what the project promises is kept.
pub fn measure(bench: &Bench) -> bool {
    let mut admin = connect("postgres");
    admin.batch_execute("CREATE ROLE bench_api LOGIN; CREATE ROLE bench_isolated LOGIN").expect("roles");
    for database in ["not_isolated", "isolated"] {
        admin.batch_execute(&format!("CREATE DATABASE {database}")).expect("a database");
        let mut owner = connect(database);
        owner.batch_execute(SETUP).expect("the tables");
        if database == "isolated" {
            owner.batch_execute("SELECT todo_grant('bench_isolated', 'isolated')").expect("rights");
        }
        owner.batch_execute("VACUUM (FREEZE, ANALYZE)").expect("a vacuum");
    }
    admin.batch_execute("CHECKPOINT").expect("a checkpoint");

    let mut kept = true;
    for (name, work, others) in WORK {
        let isolated = bench.script("isolated", work);
        let others = bench.script("others", others.unwrap_or(work));
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..RUNS {
            for (session, times) in SESSIONS.into_iter().zip(&mut times) {
                let script = if session[1] == "bench_isolated" { &isolated } else { &others };
                let [database, role] = session;
                let variables = [("PGDATABASE", database), ("PGUSER", role), ("PGOPTIONS", "-c todo.user_id=u8")];
                times.push(bench.time(script, &variables));
            }
        }
        let [without, beside, isolated] = times.map(median);
        kept &= verdict(&format!("{name}, nobody isolated"), "beside an isolated role", without, beside, Some(0.95));
        kept &= verdict(&format!("{name}, beside it"), "by an isolated role", beside, isolated, Some(0.90));
    }
    for database in ["not_isolated", "isolated"] {
        admin.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).expect("dropped");
    }
    admin.batch_execute("DROP ROLE bench_api, bench_isolated").expect("dropped");
    kept
}
