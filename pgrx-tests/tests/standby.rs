//! On a hot standby, functions that read and logins work, and functions that write fail.

use todo_tests::functions::{Effect, functions};
use todo_tests::{Database, Edition, Failure, Server, strings};

#[test]
fn reads_and_logins_on_a_standby() {
    let mut database = Database::with_sample();
    let standby = Server::standby();
    let mut client = standby.connect_to_copy(&mut database);
    let is_refused_first = |name: &str| name == "todo_release_tables" && Edition::current() == Edition::Sql;
    for function in functions() {
        let query = format!("SELECT coalesce(r::text, '') FROM {} AS r", function.call());
        match function.effect {
            Effect::Reads => {
                let answer = strings(&mut client, &query);
                assert_eq!(answer, strings(&mut database.client, &query), "{}", function.name);
            }
            Effect::Hashes => assert_eq!(strings(&mut client, &query).len(), 1, "{}", function.name),
            _ => {
                // In the SQL edition, this is refused first, because todo_auth needs the tables.
                let code = if is_refused_first(function.name) { "2BP01" } else { "25006" };
                assert_eq!(Failure::of(client.query(&query, &[])).code, code, "{}", function.name);
            }
        }
    }
    assert_eq!(strings(&mut client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
    // The stored hash is of a lower cost, but a standby cannot renew it.
    client.batch_execute("SET todo.bcrypt_cost = 6").unwrap();
    let mut logins = |password: &str| client.query("SELECT * FROM todo_authenticate('a@b.cd', $1)", &[&password]);
    assert_eq!(logins("long enough").unwrap().len(), 1);
    assert_eq!(logins("wrong enough").unwrap().len(), 0);
}
