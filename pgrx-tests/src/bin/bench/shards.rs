//! What the ways to the database of a user cost, against a direct connection: routers by PL/Proxy and by postgres_fdw, and SQLAlchemy's
//! ShardedSession. And what a page costs through PL/Proxy, where a LIMIT does not reach the database.

use crate::{Bench, median, run, verdict};
use std::process::Command;
use todo_tests::server::{connect, variable};
use todo_tests::shards::{FOUR, Shards, shard_of};

const RUNS: usize = 5;

/// The database and role of a way.
type Way = [&'static str; 2];
/// A way and its statement.
type Call = (Way, &'static str);

const DIRECT: Way = ["", "app"];
const PLPROXY: Way = ["by_plproxy", "bench_app"];
const FDW: Way = ["by_postgres_fdw", "bench_app"];

/// What is measured: its name, and what is compared with what.
const WORK: [(&str, Call, Call); 6] = [
    ("todo_toggle_task", (DIRECT, TOGGLE), (PLPROXY, TOGGLE)),
    ("todo_get_task", (DIRECT, GET), (PLPROXY, GET)),
    ("20 of 10,000, page_size", (DIRECT, PAGE), (PLPROXY, PAGE)),
    ("20 of 10,000, LIMIT", (PLPROXY, "SELECT * FROM todo_list_tasks('u') LIMIT 20"), (PLPROXY, PAGE)),
    ("one row", (DIRECT, ROW), (FDW, ROW)),
    ("one row changed", (DIRECT, CHANGE), (FDW, CHANGE)),
];
const TOGGLE: &str = "SELECT * FROM todo_toggle_task(7, 'u')";
const GET: &str = "SELECT * FROM todo_get_task(7, 'u')";
const PAGE: &str = "SELECT * FROM todo_filter_tasks('u', page_size => 20)";
const ROW: &str = "SELECT * FROM tasks WHERE user_id = 'u' AND id = 7";
const CHANGE: &str = "UPDATE tasks SET completed = NOT completed WHERE user_id = 'u' AND id = 7";

pub fn measure(bench: &Bench) {
    let shards = Shards::new("bench", 2, &FOUR);
    shards.init();
    shards.ok(&["grant", "app", "--tables"]);
    let number = shard_of(&mut connect("postgres"), "u", FOUR.len());
    shards
        .connect(number)
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u', 'u@example.com', 'U');
             INSERT INTO tasks (user_id, title, created_at)
                 SELECT 'u', 'Task ' || i, timestamp '2026-01-01' + i * interval '1 second' FROM generate_series(1, 10000) AS i",
        )
        .expect("a user with tasks");
    shards.connect(number).batch_execute("VACUUM (FREEZE, ANALYZE)").expect("a vacuum");
    let mut admin = connect("postgres");
    admin.batch_execute("CREATE ROLE bench_app LOGIN").expect("a role");
    for ([database, role], router, grant) in [(PLPROXY, "plproxy", ""), (FDW, "postgres-fdw", ", 'tables'")] {
        admin.batch_execute(&format!("CREATE DATABASE {database}")).expect("a database");
        let said = shards.run(&["router-sql", router, "--as", "app"]);
        assert_eq!(said.code, 0, "{}", said.err);
        bench.psql(database, &format!("{}SELECT todo_router.grant('{role}'{grant})", said.out));
    }

    let places = shards.places();
    let (database, server) = &places[number];
    let direct = shards.server(server).host();
    for (name, (one, first), (other, second)) in WORK {
        let scripts = [bench.script("one", first), bench.script("other", second)];
        let mut times = [const { Vec::new() }; 2];
        for _ in 0..RUNS {
            for (([way, role], script), times) in [one, other].into_iter().zip(&scripts).zip(&mut times) {
                let (host, way) =
                    if way.is_empty() { (direct.to_owned(), database.as_str()) } else { (variable("PGHOST"), way) };
                times.push(bench.time(script, &[("PGHOST", &host), ("PGDATABASE", way), ("PGUSER", role)]));
            }
        }
        let [first, second] = times.map(median);
        verdict(&format!("{name}, {}", title(one)), title(other), first, second, None);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/python/bench_sharded.py");
    let output = run(Command::new(std::env::var("BENCH_PYTHON").expect("run by make bench"))
        .args(["-B", script])
        .current_dir(&shards.dir));
    let times: Vec<f64> = output.split_whitespace().map(|time| time.parse().expect("a time")).collect();
    verdict("toggle, session of SQLModel", "ShardedSession", times[0], times[1], None);

    for database in [PLPROXY[0], FDW[0]] {
        admin.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).expect("dropped");
    }
    admin.batch_execute("DROP ROLE bench_app").expect("dropped");
}

fn title([database, _]: [&'static str; 2]) -> &'static str {
    if database.is_empty() { "direct" } else { database }
}
