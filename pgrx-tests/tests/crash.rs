//! After a crash, everything that was acknowledged is there, and nothing else.

use postgres::Client;
use todo_tests::shards::Shards;
use todo_tests::strings;
use todo_tests::writers::under_load;

/// How often the server is stopped immediately, and how often a backend is killed, after which the server ends all others and recovers.
const STOPS: usize = 20;
const KILLS: usize = 20;

#[test]
fn acknowledged_writes_outlive_crashes() {
    let cluster = Shards::new("crash", 1, &[("todo_0", "a")]);
    cluster.init();
    cluster.ok(&["grant", "app"]);
    let server = &cluster.servers[0];
    let mut client = cluster.connect(0);
    assert_eq!(strings(&mut client, "SHOW synchronous_commit"), ["on"]);
    let users: Vec<String> = (0..4).map(|number| format!("writer-{number}")).collect();
    for user in &users {
        let insert = "INSERT INTO users (id, email, name) VALUES ($1::text, $1 || '@b.cd', 'W')";
        client.execute(insert, &[user]).unwrap();
    }
    let writers = under_load(&cluster, &users, || {
        for round in 0..STOPS + KILLS {
            let acknowledged = write(&mut client, round);
            if round % 2 == 0 {
                server.halt();
                server.resume();
            } else {
                server.kill_a_backend("app", &mut client);
            }
            client = server.reconnect("todo_0");
            assert_eq!(own_rows(&mut client), acknowledged, "round {round}");
        }
    });
    assert!(writers.iter().all(|writer| writer.unknown > 0), "every writer was interrupted");
    assert_eq!(strings(&mut client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// Inserts, changes and deletes rows, each by a statement of its own. Returns all rows except those of the writers.
fn write(client: &mut Client, round: usize) -> Vec<String> {
    let (user, before) = (format!("u{round}"), format!("u{}", round.saturating_sub(2)));
    let email = format!("{user}@b.cd");
    client.execute("INSERT INTO users (id, email, name) VALUES ($1, $2, 'U')", &[&user, &email]).unwrap();
    let [kept, deleted] = ["kept", "deleted"].map(|title| -> i64 {
        let create = "SELECT id::bigint FROM todo_create_task($1, $2)";
        client.query_one(create, &[&user, &title]).unwrap().get(0)
    });
    client.execute("SELECT todo_set_active($1, false)", &[&before]).unwrap();
    client.execute("DELETE FROM users WHERE id = 'u' || $1::int - 3", &[&(round as i32)]).unwrap();
    client.execute("SELECT todo_delete_task($1, $2)", &[&deleted, &user]).unwrap();
    client.execute("SELECT todo_toggle_task($1, $2)", &[&kept, &user]).unwrap();
    own_rows(client)
}

fn own_rows(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT u::text FROM users AS u WHERE id ~ '^u'
         UNION ALL SELECT t::text FROM tasks AS t WHERE user_id ~ '^u' ORDER BY 1",
    )
}
