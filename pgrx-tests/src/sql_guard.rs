//! What the tests of the SQL edition's guard share.

use crate::edition::script;
use crate::{Database, Edition, Failure, rows, strings};
use postgres::Client;

/// A database with a user and a task. The SQL edition belongs to a role without special rights, and the guard to a superuser.
pub fn todo() -> Database {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); SELECT todo_create_task('u1', 'x', 'y')",
        )
        .unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    database
}

/// The same with todo_auth.
pub fn both() -> Database {
    let mut database = todo();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    database
}

/// The owner of the SQL edition.
pub fn owner(database: &Database) -> String {
    format!("{}_installer", database.name)
}

/// The definitions of all objects of todo and todo_auth, and the rows.
pub fn state(client: &mut Client) -> Vec<String> {
    let facts = strings(
        client,
        "SELECT format('%s %s %s.%s %s %s', d.kind, d.name, d.schema, d.relation, d.definition, d.weakness) AS line
         FROM todo_internal.described('public', ARRAY(
             SELECT c.oid FROM pg_class AS c WHERE c.relnamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth')
         )) AS d
         UNION ALL
         SELECT pg_get_functiondef(p.oid)
         FROM pg_proc AS p
         WHERE p.pronamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth') AND p.prokind = 'f'
         UNION ALL
         SELECT c.oid::regclass || pg_get_viewdef(c.oid)
         FROM pg_class AS c
         WHERE c.relnamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth') AND c.relkind = 'v'
         ORDER BY line",
    );
    facts.into_iter().chain(rows(client)).collect()
}

/// Asserts that the guard refuses a command, with 2BP01 and its hint.
#[track_caller]
pub fn is_refused(client: &mut Client, command: &str) {
    let Err(error) = client.batch_execute(command) else { panic!("the guard let it through: {command}") };
    let failure = Failure::from(&error);
    assert_eq!(failure.code, "2BP01", "{command}: {error:?}");
    let hint = failure.hint.unwrap_or_default();
    assert!(hint.contains("SET todo.guard = off"), "{command}: {error:?}");
}

/// Asserts that the guard allows a command.
#[track_caller]
pub fn goes_on(client: &mut Client, command: &str) {
    client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e:?}"));
}

pub fn faults(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT name FROM todo_check() WHERE NOT ok")
}
