//! An isolated role, for tests.

use crate::Database;
use crate::passwords::set_cost;
use postgres::Client;

/// A database with users u1 and u2 who have tasks, sessions and accounts, and an isolated role that may also run Better Auth.
pub fn isolated() -> (Database, String) {
    let mut database = Database::with_auth();
    let role = database.role("isolated");
    set_cost(&mut database.client, 4);
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_grant('{role}', 'isolated'); SELECT todo_auth.grant('{role}');
             INSERT INTO tasks (user_id, title, completed) SELECT 'u' || i % 2 + 1, 'Task ' || i, i > 6 FROM generate_series(0, 9) AS i;
             INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('own', now(), 'u1');
             INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('other', now(), 'u2');
             INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\") VALUES ('a', 'x', 'u1'), ('b', 'x', 'u2');
             UPDATE todo_auth.\"user\" SET image = id;
             INSERT INTO todo_auth.verification (identifier, value, \"expiresAt\") VALUES ('x', 'y', now());
             INSERT INTO todo_auth.\"rateLimit\" (key, count, \"lastRequest\") VALUES ('k', 1, 1)"
        ))
        .unwrap();
    (database, role)
}

/// Makes a user the current one of the session.
pub fn set_user(client: &mut Client, user: &str) {
    client.execute("SELECT set_config('todo.user_id', $1, false)", &[&user]).unwrap();
}

/// The tables and views with rows of users, and the column that says whose a row is.
pub const OWNED: [(&str, &str); 7] = [
    ("tasks", "user_id"),
    ("todo_users", "id"),
    ("todo_auth.\"user\"", "id"),
    ("todo_auth.account", "\"userId\""),
    ("todo_auth.session", "\"userId\""),
    ("todo_auth.user_data", "user_id"),
    ("todo_auth.linked_account", "\"userId\""),
];

/// A digest of the rows of all users except this one.
pub fn rows_of_others(owner: &mut Client, user: Option<&str>) -> Vec<String> {
    let digest = "SELECT md5(string_agg(r.text, '|' ORDER BY r.text)) FROM (
             SELECT t::text FROM tasks AS t WHERE user_id IS DISTINCT FROM $1
             UNION ALL SELECT u::text FROM users AS u WHERE id IS DISTINCT FROM $1
         ) AS r (text)";
    owner.query(digest, &[&user]).unwrap().iter().filter_map(|row| row.get(0)).collect()
}
