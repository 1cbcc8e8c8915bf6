//! The ids of users: those that `todo_create_user` generates, and those that it is given.

use postgres::{Client, Error};
use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, Failure, server_log, strings, task};

const PASSWORD: &str = "a password of nobody else's";
const TAKEN: (&str, Option<&str>, Option<&str>) = ("23505", None, Some("users_pkey"));

/// Creates a user with an id, or with NULL for one, and returns the id.
fn create(client: &mut Client, email: &str, id: Option<&str>) -> Result<String, Error> {
    let query = "SELECT id FROM todo_create_user($1, 'Ada', $2, $3)";
    Ok(client.query_one(query, &[&email, &PASSWORD, &id])?.get(0))
}

#[test]
fn without_an_id_the_user_gets_a_random_uuid() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let query = "SELECT u.id FROM generate_series(1, 50) AS n,
         LATERAL todo_create_user('u' || n || '@b.cd', 'Ada', 'long enough') AS u";
    let mut ids = strings(client, query);
    ids.push(create(client, "null@b.cd", None).unwrap());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 51, "{ids:?}");
    // The column's default generates the same kind for a row that an application inserts itself.
    ids.push(strings(client, "INSERT INTO users (email, name) VALUES ('raw@b.cd', 'Raw') RETURNING id").remove(0));
    for id in &ids {
        let form = "SELECT ($1 ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')::text";
        assert_eq!(client.query_one(form, &[id]).unwrap().get::<_, &str>(0), "true", "{id}");
    }
}

/// An id can be any text of 1 to 36 characters, by the function and by a plain INSERT, and is stored as it is.
#[test]
fn an_id_is_any_text_that_fits() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let long = "x".repeat(36);
    let wide = "😀".repeat(36);
    let ids = [
        "1",
        "ada",
        "Ada",
        "ada ",
        " ada",
        " ",
        "'; DROP TABLE users; --",
        "\"quoted\" 'and' $$not$$ \\ %s",
        "Ünï cödé \u{202e}\u{200b}",
        "e\u{301}",
        "é",
        "line\nbreak\ttab\u{1}",
        "00000000-0000-0000-0000-000000000000",
        "018f4e9c-7a00-7000-8000-000000000000",
        "NULL",
        &long,
        &wide,
    ];
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(create(client, &format!("u{n}@b.cd"), Some(id)).unwrap(), *id, "{id:?}");
        assert_eq!(task(client, "SELECT * FROM todo_create_task($1, 'x')", &[id]).user_id, *id);
        let found: String = client.query_one("SELECT id FROM todo_get_user($1)", &[id]).unwrap().get(0);
        assert_eq!(found, *id);
    }
    assert_eq!(
        strings(client, "SELECT id FROM users").into_iter().collect::<HashSet<_>>(),
        ids.map(String::from).into()
    );
    client.batch_execute("DELETE FROM users").unwrap();
    for (n, id) in ids.iter().enumerate() {
        let raw =
            client.query("INSERT INTO users (id, email, name) VALUES ($1, $2, 'Ada')", &[id, &format!("u{n}@b.cd")]);
        assert!(raw.is_ok(), "{id:?}");
    }

    // The id can be passed by name.
    let query =
        "SELECT id FROM todo_create_user(user_id => 'named', password => $1, name => 'Ada', email => 'named@b.cd')";
    assert_eq!(client.query_one(query, &[&PASSWORD]).unwrap().get::<_, &str>(0), "named");
}

/// Ids are refused before anything is written, and errors show only the caller's own values.
#[test]
fn ids_that_are_refused() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let full = "y".repeat(36);
    let taken = ["taken", "with 'quotes' and \"more\"", &full];
    for (n, id) in taken.iter().enumerate() {
        let user = "INSERT INTO users (id, email, name, hashed_password) VALUES ($1, $2, 'Secret Name', $3)";
        let email = format!("secret{n}@example.com");
        client.execute(user, &[id, &email, &todo_tests::HASH]).unwrap();
    }
    let before = todo_tests::rows(client);
    let too_long = ("22001", Some("id"), None);
    let empty = ("23514", Some("id"), Some("users_id_check"));
    let refused: Vec<(String, todo_tests::Fields)> = [
        ("", empty),
        (&*"x".repeat(37), too_long),
        (&*"é".repeat(37), too_long),
        // PostgreSQL would cut trailing blanks to make it fit, which could be another user's id.
        (&*format!("{full} "), too_long),
        (&*" ".repeat(37), too_long),
        (&*"x".repeat(10_000_000), too_long),
    ]
    .into_iter()
    .map(|(id, fields)| (id.to_owned(), fields))
    .chain(taken.iter().map(|id| (id.to_string(), TAKEN)))
    .collect();
    for (id, fields) in &refused {
        let error = create(client, "new@b.cd", Some(id)).unwrap_err();
        let shown: String = id.chars().take(40).collect();
        let failure = Failure::from(&error);
        assert_eq!(failure.fields(), *fields, "{shown:?}");
        assert_eq!(failure.table.as_deref(), Some("users"), "{shown:?}");
        let told = format!("{error:?}");
        for secret in [PASSWORD, todo_tests::HASH, "Secret Name", "secret"] {
            assert!(!told.contains(secret), "{shown:?}: {told}");
        }
        assert!(told.len() < 2000, "{} bytes for an id of {}", told.len(), id.len());
    }
    assert_eq!(todo_tests::rows(client), before);
    assert!(!server_log().contains(PASSWORD));
    // The id of a deleted user is free again.
    client.query("SELECT todo_delete_user('taken')", &[]).unwrap();
    assert_eq!(create(client, "new@b.cd", Some("taken")).unwrap(), "taken");
}

/// If several sessions create a user with the same id at once, one of them succeeds.
#[test]
fn one_session_gets_the_id() {
    const SESSIONS: usize = 4;
    const ROUNDS: usize = 25;
    let database = Database::with_cheap_hashes();
    let clients: [Client; SESSIONS] = std::array::from_fn(|_| database.connect());
    let barrier = Barrier::new(SESSIONS);
    let outcomes: Vec<Vec<Result<String, Error>>> = thread::scope(|scope| {
        let run = |(session, mut client): (usize, Client)| {
            let barrier = &barrier;
            scope.spawn(move || {
                let create_in = |round| {
                    let (email, id) = (format!("r{round}s{session}@b.cd"), format!("round {round}"));
                    barrier.wait();
                    create(&mut client, &email, Some(&id))
                };
                (0..ROUNDS).map(create_in).collect()
            })
        };
        let sessions: Vec<_> = clients.into_iter().enumerate().map(run).collect();
        sessions.into_iter().map(|session| session.join().expect("no session fails otherwise")).collect()
    });
    for round in 0..ROUNDS {
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.iter().map(|session| &session[round]).partition(|it| it.is_ok());
        assert_eq!((won.len(), lost.len()), (1, SESSIONS - 1), "{lost:?}");
        for error in lost.iter().filter_map(|it| it.as_ref().err()) {
            assert_eq!(Failure::from(error).fields(), TAKEN);
        }
    }
}

/// The second session waits until the first transaction ends. After a commit, the id is taken, and after a rollback, it is free.
#[test]
fn an_id_of_an_open_transaction() {
    for (end, expected) in [("COMMIT", Err(TAKEN)), ("ROLLBACK", Ok("shared"))] {
        let mut database = Database::with_cheap_hashes();
        let mut second = database.connect();
        let pid: i32 = second.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        database.client.batch_execute("BEGIN").unwrap();
        create(&mut database.client, "first@b.cd", Some("shared")).unwrap();
        let waiting = thread::spawn(move || create(&mut second, "second@b.cd", Some("shared")));
        until_it_waits(&mut database.client, pid);
        database.client.batch_execute(end).unwrap();
        let outcome = waiting.join().unwrap().map_err(|error| Failure::from(&error));
        assert_eq!(outcome.as_deref().map_err(Failure::fields), expected, "{end}");
        assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["shared"]);
    }
}
