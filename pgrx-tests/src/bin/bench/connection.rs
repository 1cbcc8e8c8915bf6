//! The first call in a new connection, which loads the library and makes a plan. The time is measured from connecting to the row.

use crate::{median, verdict};
use std::time::Instant;
use todo_tests::Server;
use todo_tests::server::connect;

const CONNECTIONS: usize = 101;
const RAW: &str = "UPDATE tasks SET completed = NOT completed, completed_at = CASE WHEN NOT completed THEN NOW() ELSE NULL END, updated_at = NOW() WHERE id = 1 AND user_id = $1 RETURNING *";
const FUNCTION: &str = "SELECT * FROM todo_toggle_task(1, $1)";

pub fn measure() {
    let [raw, function] = first_calls(|| connect("postgres"));
    verdict("first raw toggle", "first todo_toggle_task", raw, function, None);

    // The server is restarted, so it is one of its own.
    let server = Server::start();
    let mut client = server.connect("postgres");
    client
        .batch_execute(
            "CREATE EXTENSION todo;
             INSERT INTO users (id, email, name) VALUES ('2', '2@example.com', 'Two');
             INSERT INTO tasks (id, user_id, title) VALUES (1, '2', 'A task')",
        )
        .expect("a task");
    client.batch_execute("ALTER SYSTEM SET shared_preload_libraries = 'todo'").expect("a setting");
    drop(client);
    server.restart(&[]);
    let [raw, function] = first_calls(|| server.connect("postgres"));
    verdict("first raw toggle, preloaded", "todo_toggle_task", raw, function, None);
}

fn first_calls(connect: impl Fn() -> postgres::Client) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..CONNECTIONS {
        for (query, times) in [RAW, FUNCTION].into_iter().zip(&mut times) {
            let start = Instant::now();
            let rows = connect().query(query, &[&"2"]).expect("a task");
            times.push(start.elapsed().as_secs_f64() * 1e6);
            assert_eq!(rows.len(), 1);
        }
    }
    times.map(median)
}
