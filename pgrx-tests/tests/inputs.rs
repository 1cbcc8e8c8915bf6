//! All kinds of values by plain INSERT, plain UPDATE and the functions, with bound parameters: they are stored, or refused with the right
//! SQLSTATE, column and constraint. No error shows a row.

use postgres::types::ToSql;
use todo_tests::functions::{Effect, functions, returning};
use todo_tests::raw_text::RawText;
use todo_tests::{Database, Failure, HASH, rows, task, tasks};

/// What becomes of a value: it is stored as given, stored in another form, or refused.
enum Outcome {
    Stored,
    StoredAs(&'static str),
    Refused(&'static str),
}
use Outcome::{Refused, Stored, StoredAs};

/// How a value reaches a column.
struct Way {
    statement: &'static str,
    /// Whether PostgreSQL itself has cut or refused an over-long value before any trigger runs: 22001 without fields.
    typed: bool,
}

const fn raw(statement: &'static str) -> Way {
    Way { statement, typed: true }
}

const fn function(statement: &'static str) -> Way {
    Way { statement, typed: false }
}

/// Runs each statement with each value as $1, and compares the column of the row that it returns.
fn check(
    database: &mut Database,
    ways: &[Way],
    table: &str,
    column: &str,
    constraint: &str,
    cases: &[(String, Outcome)],
) {
    for Way { statement, typed } in ways {
        for (value, outcome) in cases {
            let label = format!("{statement} with {:?}...", value.chars().take(40).collect::<String>());
            let mut transaction = database.client.transaction().expect("a transaction");
            let result = transaction.query(*statement, &[value]);
            match outcome {
                Stored | StoredAs(_) => {
                    let expected = if let StoredAs(other) = outcome { other } else { value.as_str() };
                    let rows = result.unwrap_or_else(|e| panic!("{label}: {e:?}"));
                    assert_eq!(rows.len(), 1, "{label}");
                    assert_eq!(rows[0].get::<_, &str>(column), expected, "{label}");
                }
                Refused(code) => {
                    let failure = Failure::of(result);
                    let expected = match *code {
                        "22001" if *typed => ("22001", None, None),
                        "22001" => ("22001", Some(column), None),
                        code => (code, Some(column), Some(constraint)),
                    };
                    assert_eq!(failure.fields(), expected, "{label}");
                    assert_eq!(failure.detail, None, "{label}");
                    let fields = expected.1.map(|_| table.to_owned());
                    assert_eq!(failure.table, fields, "{label}");
                }
            }
        }
    }
}

fn lines(max: usize) -> Vec<(String, Outcome)> {
    let mut cases: Vec<(String, Outcome)> = [
        ("Buy milk", Stored),
        ("", Refused("23514")),
        (" ", Refused("23514")),
        ("\u{a0}\u{3000}\u{2003} \t\n", Refused("23514")),
        ("\u{200b}\u{200d}\u{feff}", Refused("23514")),
        ("\u{200e}\u{200f}\u{202e}\u{2066}", Refused("23514")),
        ("\u{2800}", Refused("23514")),
        ("\u{1d159}\u{13441} \u{13442}\u{16fe4}\u{fff9}\u{13430}", Refused("23514")),
        ("\u{2800}\u{2801}\u{2800}", Stored),
        ("\u{3000}\u{a0} trimmed \u{2009}\u{a0}\n", StoredAs("trimmed")),
        ("👩\u{200d}👩\u{200d}👧 zwj", Stored),
        ("مرحبا \u{200f}שלום", Stored),
        ("Café", Stored),
        ("Cafe\u{301}", Stored),
        ("'; DROP TABLE users; --", Stored),
        ("two\nlines", Refused("23514")),
        ("tab\there", Refused("23514")),
        ("bell\u{7}", Refused("23514")),
        ("\u{1b}[31mred", Refused("23514")),
        ("c1 \u{9b}31m", Refused("23514")),
        ("del\u{7f}ete", Refused("23514")),
    ]
    .map(|(value, outcome)| (value.to_owned(), outcome))
    .into();
    for character in ["x", "é", "😀"] {
        cases.push((character.repeat(max), Stored));
        cases.push((character.repeat(max + 1), Refused("22001")));
    }
    cases
}

#[test]
fn titles() {
    let mut database = Database::with_users();
    database.client.execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'old')", &[]).unwrap();
    let ways = [
        raw("INSERT INTO tasks (user_id, title) VALUES ('u1', $1) RETURNING *"),
        raw("UPDATE tasks SET title = $1 WHERE id = 1 RETURNING *"),
        function("SELECT * FROM todo_create_task('u1', $1)"),
        function("SELECT * FROM todo_update_task(1, 'u1', title => $1)"),
    ];
    check(&mut database, &ways, "tasks", "title", "tasks_title_check", &lines(200));
    // Surrounding blanks do not count where the function trims first; PostgreSQL refuses the raw value by its type.
    let padded = [(format!("\u{3000}{}\u{3000}", "x".repeat(200)), Refused("22001"))];
    check(&mut database, &ways[..2], "tasks", "title", "tasks_title_check", &padded);
    for Way { statement, .. } in &ways[2..] {
        assert_eq!(task(&mut database.client, statement, &[&padded[0].0]).title, "x".repeat(200));
    }
}

#[test]
fn names() {
    let mut database = Database::with_users();
    let ways = [
        raw("INSERT INTO users (email, name) VALUES ('new@b.cd', $1) RETURNING *"),
        raw("UPDATE users SET name = $1 WHERE id = 'u1' RETURNING *"),
    ];
    check(&mut database, &ways, "users", "name", "users_name_check", &lines(100));
}

#[test]
fn descriptions() {
    let mut database = Database::with_users();
    database.client.execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'old')", &[]).unwrap();
    let ways = [
        raw("INSERT INTO tasks (user_id, title, description) VALUES ('u1', 'x', $1) RETURNING *"),
        raw("UPDATE tasks SET description = $1 WHERE id = 1 RETURNING *"),
        function("SELECT * FROM todo_create_task('u1', 'x', $1)"),
        function("SELECT * FROM todo_update_task(1, 'u1', description => $1)"),
    ];
    let mut cases: Vec<(String, Outcome)> =
        [("  not trimmed\t\r\n", Stored), ("bell\u{7}", Refused("23514")), ("\u{1b}[31mred", Refused("23514"))]
            .map(|(value, outcome)| (value.to_owned(), outcome))
            .into();
    for character in ["x", "é", "😀"] {
        cases.push((character.repeat(1000), Stored));
        cases.push((character.repeat(1001), Refused("23514")));
    }
    cases.push(("x".repeat(5000), Refused("23514")));
    check(&mut database, &ways, "tasks", "description", "tasks_description_check", &cases);
}

#[test]
fn a_description_of_300_mb_is_refused() {
    let mut database = Database::with_users();
    database.client.batch_execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'old')").unwrap();
    for statement in [
        "INSERT INTO tasks (user_id, title, description) VALUES ('u1', 'x', repeat('x', 300000000))",
        "UPDATE tasks SET description = repeat('x', 300000000)",
        "SELECT todo_create_task('u1', 'x', repeat('x', 300000000))",
        "SELECT todo_update_task(1, 'u1', description => repeat('x', 300000000))",
    ] {
        let failure = Failure::of(database.client.batch_execute(statement));
        assert_eq!(failure.fields(), ("23514", Some("description"), Some("tasks_description_check")), "{statement}");
    }
}

#[test]
fn an_empty_description() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    assert_eq!(task(client, "SELECT * FROM todo_create_task('u1', 'x', '')", &[]).description, None);
    task(client, "SELECT * FROM todo_create_task('u1', 'x', 'text')", &[]);
    let kept = task(client, "SELECT * FROM todo_update_task(2, 'u1', title => 'y')", &[]);
    assert_eq!((kept.title.as_str(), kept.description.as_deref()), ("y", Some("text")));
    let cleared = task(client, "SELECT * FROM todo_update_task(2, 'u1', description => '')", &[]);
    assert_eq!((cleared.title.as_str(), cleared.description), ("y", None));
    // Plain SQL can store ''.
    let raw = "INSERT INTO tasks (user_id, title, description) VALUES ('u1', 'x', '') RETURNING *";
    assert_eq!(task(client, raw, &[]).description.as_deref(), Some(""));
}

#[test]
fn email_addresses() {
    let mut database = Database::with_users();
    let ways = [
        raw("INSERT INTO users (email, name) VALUES ($1, 'New') RETURNING *"),
        raw("UPDATE users SET email = $1 WHERE id = 'u1' RETURNING *"),
    ];
    let mut cases: Vec<(String, Outcome)> = [
        ("a@b.c", Stored),
        ("John.Doe+tag@Example.COM", Stored),
        ("user@bücher.example", Stored),
        ("user@例え.テスト", Stored),
        ("a@.c", Refused("23514")),
        ("", Refused("23514")),
        ("plain", Refused("23514")),
        (" a@b.cd", Refused("23514")),
        ("a@b.cd ", Refused("23514")),
        ("a b@c.de", Refused("23514")),
        ("a@b.cd\r\nBcc: x@y.zz", Refused("23514")),
        ("a\u{7}@b.cd", Refused("23514")),
        ("a\u{a0}@b.cd", Refused("23514")),
        ("a\u{200b}@b.cd", Refused("23514")),
        ("a\u{2800}@b.cd", Refused("23514")),
        ("a`b@c.de", Stored),
        ("a@@b.cd", Refused("23514")),
        ("a@b@c.de", Refused("23514")),
        ("\"a b\"@c.de", Refused("23514")),
        ("a@localhost", Refused("23514")),
        ("a@127.0.0.1", Refused("23514")),
        ("a@-b.cd", Refused("23514")),
        ("a..b@c.de", Refused("23514")),
    ]
    .map(|(value, outcome)| (value.to_owned(), outcome))
    .into();
    cases.push((format!("{}@example.com", "x".repeat(243)), Stored));
    cases.push((format!("{}@example.com", "x".repeat(244)), Refused("22001")));
    check(&mut database, &ways, "users", "email", "users_email_check", &cases);
}

#[test]
fn user_ids() {
    let mut database = Database::with_users();
    let ways = [
        raw("INSERT INTO users (id, email, name) VALUES ($1, 'new@b.cd', 'New') RETURNING *"),
        raw("UPDATE users SET id = $1 WHERE id = 'u1' RETURNING *"),
    ];
    let cases = [
        (String::new(), Refused("23514")),
        ("x".repeat(36), Stored),
        ("é".repeat(36), Stored),
        ("x".repeat(37), Refused("22001")),
        ("O'Brien \"quoted\"".to_owned(), Stored),
        ("'; DROP TABLE users; --".to_owned(), Stored),
    ];
    check(&mut database, &ways, "users", "id", "users_id_check", &cases);
    let made: String = database
        .client
        .query_one("INSERT INTO users (email, name) VALUES ('c@b.cd', 'C') RETURNING id", &[])
        .unwrap()
        .get(0);
    assert_eq!(made.len(), 36);
}

#[test]
fn hashes() {
    let mut database = Database::with_users();
    let ways = [
        raw("INSERT INTO users (email, name, hashed_password) VALUES ('new@b.cd', 'New', $1) RETURNING *"),
        raw("UPDATE users SET hashed_password = $1 WHERE id = 'u1' RETURNING *"),
    ];
    let of_cost = |cost: &str| HASH.replace("$12$", &format!("${cost}$"));
    let cases = [
        (HASH.to_owned(), Stored),
        ("$2b$12$EqKcp1WFKs7ILHDI8t4qfe7fM0j8w1uV5tGVKqVXLqXLqXLqXLqXL".to_owned(), Stored),
        (HASH.replace("$2b$", "$2a$"), Stored),
        (HASH.replace("$2b$", "$2y$"), Stored),
        (of_cost("04"), Stored),
        (of_cost("15"), Stored),
        ("!".to_owned(), Stored),
        (HASH.replace("$2b$", "$2x$"), Refused("23514")),
        (of_cost("03"), Refused("23514")),
        (of_cost("16"), Refused("23514")),
        (HASH[..59].to_owned(), Refused("23514")),
        (format!("{HASH}x"), Refused("23514")),
        (format!("{HASH}\n"), Refused("23514")),
        ("correct horse battery staple".to_owned(), Refused("23514")),
        ("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$hash".to_owned(), Refused("23514")),
        (String::new(), Refused("23514")),
        ("x".repeat(256), Refused("22001")),
    ];
    check(&mut database, &ways, "users", "hashed_password", "users_hashed_password_check", &cases);
    let row = database.client.query_one("SELECT hashed_password FROM users WHERE id = 'u2'", &[]).unwrap();
    assert_eq!(row.get::<_, &str>(0), "!", "a user without password is locked");
}

#[test]
fn null_in_a_column_that_needs_a_value() {
    let mut database = Database::with_users();
    database.client.execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')", &[]).unwrap();
    let required = [
        ("users", "id email name hashed_password created_at updated_at is_active email_verified"),
        ("tasks", "id user_id title completed created_at updated_at"),
    ];
    for (table, columns) in required {
        for column in columns.split(' ') {
            let all = if table == "users" { "email, name" } else { "user_id, title" };
            let others: Vec<&str> = all.split(", ").filter(|&c| c != column).collect();
            let values: String = others.iter().map(|c| if *c == "email" { ", 'n@b.cd'" } else { ", 'u1'" }).collect();
            let names: String = others.iter().map(|c| format!(", {c}")).collect();
            for statement in [
                format!("INSERT INTO {table} ({column}{names}) VALUES (NULL{values})"),
                format!("UPDATE {table} SET {column} = NULL"),
            ] {
                let failure = Failure::of(database.client.execute(&statement, &[]));
                assert_eq!(failure.fields(), ("23502", Some(column), None), "{statement}");
                assert_eq!((failure.table.as_deref(), &failure.detail), (Some(table), &None), "{statement}");
            }
        }
    }
}

#[test]
fn users_who_cannot_exist() {
    let mut database = Database::with_users();
    let of_36 = "x".repeat(36);
    database.client.execute("INSERT INTO users (id, email, name) VALUES ($1, 'x@b.cd', 'X')", &[&of_36]).unwrap();
    database.client.execute("INSERT INTO tasks (user_id, title) VALUES ($1, 'x')", &[&of_36]).unwrap();
    // The last two would be that user's id if they were cut to the column's 36 characters.
    for user_id in ["nobody", "", "u1 ", &format!("{of_36} "), &format!("{of_36}x")] {
        let failure = Failure::of(database.client.query("SELECT * FROM todo_create_task($1, 'x')", &[&user_id]));
        assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23503", Some("tasks_user_id_fkey")));
        assert_eq!(failure.table.as_deref(), Some("tasks"));
        for function in returning("tasks").iter().filter(|function| function.effect != Effect::Creates) {
            let call = function.call_with(&[("user_id", "$1")]);
            let found = tasks(&mut database.client, &format!("SELECT * FROM {call}"), &[&user_id]);
            assert_eq!(found, [], "{call} with {user_id:?}");
        }
    }
}

#[test]
fn task_ids_that_cannot_exist() {
    let mut database = Database::with_users();
    // The tasks that would be found if a 64-bit id was cut to 32 bits.
    let insert = "INSERT INTO tasks (id, user_id, title) SELECT id, 'u1', 'T' FROM unnest($1::int4[]) AS id";
    database.client.execute(insert, &[&vec![i32::MIN, -1_294_967_296, 1, 1_294_967_295, i32::MAX]]).unwrap();
    let before = rows(&mut database.client);
    for function in functions().iter().filter(|function| function.takes("task_id")) {
        let call = function.call_with(&[("task_id", "$1")]);
        for id in
            [-1, 0, 2, 3_000_000_000, -3_000_000_001, 4_294_967_297, 6_442_450_943, 6_442_450_944, i64::MAX, i64::MIN]
        {
            assert_eq!(tasks(&mut database.client, &format!("SELECT * FROM {call}"), &[&id]), [], "{call} with {id}");
            assert_eq!(rows(&mut database.client), before, "{call} with {id}");
        }
    }
}

/// A tsvector cannot hold such texts, and array_to_tsvector() does not notice. So todo_search_words() cuts them.
#[test]
fn words_of_longer_texts_than_a_task_has() {
    let mut database = Database::new();
    let words = "SELECT w.word FROM unnest(tsvector_to_array(todo_search_words($1, $2, $3))) AS w (word)";
    let many: String = (0..200_000).map(|number| format!("{number} ")).collect();
    let long = "é".repeat(2000);
    for (user, title, description) in
        [(long.as_str(), "é ä", "a"), ("u", many.as_str(), "a"), ("u", "a", many.as_str())]
    {
        let rows = database.client.query(words, &[&user, &title, &description]).unwrap();
        let mut found: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        found.sort_unstable();
        let (user, mut expected): (String, Vec<String>) = (user.chars().take(36).collect(), vec![]);
        for (text, length) in [(title, 200), (description, 1000)] {
            let text: String = text.chars().take(length).collect();
            let plain = text.replace('é', "e").replace('ä', "a");
            expected.extend(plain.split_whitespace().map(|word| format!("{user} {word}")));
        }
        expected.sort();
        expected.dedup();
        assert_eq!(found, expected, "{} and {} bytes", title.len(), description.len());
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    let mut database = Database::with_users();
    let broken: [&[u8]; 4] = [b"caf\xe9", b"nul\0inside", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"];
    for bytes in broken.map(|bytes| RawText(bytes.to_vec())) {
        for statement in [
            "INSERT INTO tasks (user_id, title) VALUES ('u1', $1)",
            "INSERT INTO tasks (user_id, title, description) VALUES ('u1', 'x', $1)",
            "INSERT INTO users (email, name) VALUES ('n@b.cd', $1)",
            "SELECT todo_create_task('u1', $1)",
            "SELECT todo_list_tasks($1)",
        ] {
            let parameters: &[&(dyn ToSql + Sync)] = &[&bytes];
            assert_eq!(Failure::of(database.client.execute(statement, parameters)).code, "22021", "{statement}");
        }
    }
}
