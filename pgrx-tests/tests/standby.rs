//! On a hot standby reading works, a login too, and writing does not.

use todo_tests::{Database, Failure, Server, strings, tasks};

#[test]
fn reads_and_logins_on_a_standby() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute(
            "SET todo.bcrypt_cost = 4; SELECT todo_create_user('ada@example.com', 'Ada', 'long enough');
             SELECT todo_create_task('u1', 'x')",
        )
        .unwrap();
    let standby = Server::standby();
    let mut client = standby.connect_to_copy(&mut database);
    for call in ["todo_get_task(1, 'u1')", "todo_list_tasks('u1')", "todo_pending_tasks('u1')"] {
        assert_eq!(tasks(&mut client, &format!("SELECT * FROM {call}"), &[]).len(), 1, "{call}");
    }
    client.query_one("SELECT * FROM todo_task_counts('u1')", &[]).unwrap();
    client.query_one("SELECT * FROM todo_get_user('u1')", &[]).unwrap();
    assert_eq!(strings(&mut client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
    client.query_one("SELECT * FROM todo_find_user('ADA@example.com')", &[]).unwrap();
    // The stored hash is of a lower cost, but a standby cannot renew it.
    client.batch_execute("SET todo.bcrypt_cost = 6").unwrap();
    let mut logins =
        |password: &str| client.query("SELECT * FROM todo_authenticate('ada@example.com', $1)", &[&password]);
    assert_eq!(logins("long enough").unwrap().len(), 1);
    assert_eq!(logins("wrong enough").unwrap().len(), 0);
    for call in [
        "todo_create_task('u1', 'x')",
        "todo_update_task(1, 'u1', 'y')",
        "todo_toggle_task(1, 'u1')",
        "todo_complete_task(1, 'u1')",
        "todo_delete_task(1, 'u1')",
        "todo_complete_all('u1')",
        "todo_clear_completed('u1')",
        "todo_create_user('bob@example.com', 'Bob', 'long enough')",
        "todo_update_user('u1', name => 'B')",
        "todo_verify_email('u1')",
        "todo_set_active('u1', false)",
        "todo_set_password_hash('u1', '!')",
        "todo_delete_user('u1')",
    ] {
        assert_eq!(Failure::of(client.query(&format!("SELECT * FROM {call}"), &[])).code, "25006", "{call}");
    }
    let change =
        "SELECT todo_change_password(id, 'long enough', 'battery staple') FROM todo_find_user('ada@example.com')";
    assert_eq!(Failure::of(client.query(change, &[])).code, "25006");
}
