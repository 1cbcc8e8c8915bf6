//! `todo_filter_tasks`: its filters, orders, cursors and search.

use postgres::Client;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::{Cell, RefCell};
use todo_tests::{Database, Edition, Failure, strings};

/// Each order, and its ORDER BY clause.
const SORTS: [(&str, &str); 4] = [
    ("created", "created_at DESC, id DESC"),
    ("updated", "updated_at DESC, id DESC"),
    ("completed", "completed_at DESC NULLS FIRST, created_at DESC, id DESC"),
    ("title", "title, id"),
];

/// All tasks of `call`, page by page. It is a call of `todo_filter_tasks` up to its last three arguments.
fn all_pages(client: &mut Client, call: &str, sort: &str, page_size: i32) -> Vec<i32> {
    let mut after: Option<String> = None;
    let mut found = Vec::new();
    loop {
        let page = format!("{call}, sort => '{sort}', page_size => $1, after => $2)");
        let query = format!("SELECT task.id, todo_task_cursor(task, '{sort}') AS cursor FROM {page} AS task");
        let rows = client.query(&query, &[&page_size, &after]).unwrap_or_else(|e| panic!("{query}: {e:?}"));
        found.extend(rows.iter().map(|row| row.get::<_, i32>("id")));
        assert!(rows.len() <= page_size as usize);
        assert!(found.len() <= 1000, "pages without an end: {call}, {sort}");
        match rows.last() {
            Some(last) if rows.len() == page_size as usize => after = Some(last.get("cursor")),
            _ => return found,
        }
    }
}

fn ids(client: &mut Client, query: &str) -> Vec<i32> {
    client.query(query, &[]).unwrap_or_else(|e| panic!("{query}: {e:?}")).iter().map(|row| row.get(0)).collect()
}

/// Creates tasks of which many share their times and titles.
fn fill(client: &mut Client, user: &str, tasks: u32) {
    client
        .batch_execute(&format!(
            "SELECT setseed(0.5);
             INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at)
             SELECT '{user}', 'Task ' || (random() * 20)::int, CASE WHEN i % 3 = 0 THEN 'Note ' || i % 7 END, c.completed,
                 timestamp '2026-01-01' + (random() * 10)::int * interval '1 day', timestamp '2026-02-01' + (random() * 10)::int * interval '1 day',
                 CASE WHEN c.completed THEN timestamp '2026-03-01' + (random() * 10)::int * interval '1 day' END
             FROM generate_series(1, {tasks}) AS i
             CROSS JOIN LATERAL (SELECT random() < 0.5 AND i > 0) AS c (completed)"
        ))
        .unwrap();
}

/// A search uses its index for a user with more than a thousand tasks.
const FILLER: &str =
    "INSERT INTO tasks (user_id, title, created_at) SELECT 'u1', 'filler', '2000-01-01' FROM generate_series(1, 1200)";

/// Pages of any size make up the list that a plain query returns, in each order and with each filter.
#[test]
fn pages_are_the_list() {
    let database = RefCell::new(Database::with_users());
    {
        let client = &mut database.borrow_mut().client;
        fill(client, "u1", 120);
        fill(client, "u2", 30);
    }
    let flag = prop_oneof![Just(None), any::<bool>().prop_map(Some)];
    let day = || prop_oneof![Just(None), (1..12i32).prop_map(Some)];
    let search = prop_oneof![Just(None), prop_oneof!["task", "1", "NOTE 3", "sk", "task 2 note"].prop_map(Some)];
    let cases = (0..SORTS.len(), flag, day(), day(), search, prop_oneof![Just(1), Just(7), Just(50), Just(1000)]);
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    runner
        .run(&cases, |(sort, completed, from, to, search, page_size)| {
            let client = &mut database.borrow_mut().client;
            let (sort, order) = SORTS[sort];
            let or_null = |value: Option<String>| value.unwrap_or("NULL".to_owned());
            let day = |day: Option<i32>| or_null(day.map(|day| format!("timestamp '2026-01-{day:02}'")));
            let completed = or_null(completed.map(|flag| flag.to_string()));
            let words: Vec<String> =
                search.iter().flat_map(|text: &String| text.split(' ')).map(str::to_lowercase).collect();
            let call = format!(
                "todo_filter_tasks('u1', completed => {completed}, search => {}, created_from => {}, created_to => {}",
                or_null(search.clone().map(|text| format!("'{text}'"))),
                day(from),
                day(to),
            );
            let found: String = words
                .iter()
                .map(|word| format!(" AND concat_ws(' ', ' ', lower(title), lower(description)) LIKE '% {word}%'"))
                .collect();
            let plain = format!(
                "SELECT id FROM tasks WHERE user_id = 'u1' AND coalesce(completed = {completed}, true)
                   AND coalesce(created_at >= {}, true) AND coalesce(created_at < {}, true){found} ORDER BY {order}",
                day(from),
                day(to),
            );
            let expected = ids(client, &plain);
            prop_assert_eq!(all_pages(client, &call, sort, page_size), expected, "{} {}", call, sort);
            Ok(())
        })
        .unwrap();
}

/// A page begins after the place where the last task was, whatever has happened to that task since.
#[test]
fn a_cursor_outlives_its_task() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    fill(client, "u1", 40);
    for (sort, order) in SORTS {
        let list = ids(client, &format!("SELECT id FROM tasks WHERE user_id = 'u1' ORDER BY {order}"));
        let cursor = |client: &mut Client, id: i32| -> String {
            let query = format!("SELECT todo_task_cursor(task, '{sort}') FROM tasks AS task WHERE id = {id}");
            client.query_one(&query, &[]).unwrap().get(0)
        };
        let next = |client: &mut Client, after: &str| {
            ids(
                client,
                &format!(
                    "SELECT id FROM todo_filter_tasks('u1', sort => '{sort}', page_size => 5, after => '{after}')"
                ),
            )
        };
        for place in [0, 17, 30] {
            let after = cursor(client, list[place]);
            client.batch_execute("BEGIN").unwrap();
            assert_eq!(next(client, &after), list[place + 1..place + 6], "{sort}");
            client.batch_execute(&format!("DELETE FROM tasks WHERE id = {}", list[place])).unwrap();
            assert_eq!(next(client, &after), list[place + 1..place + 6], "{sort}, deleted");
            client.batch_execute("ROLLBACK; BEGIN").unwrap();
            let change = "completed = NOT completed, title = 'Zzz', created_at = '2020-01-01'";
            client.batch_execute(&format!("UPDATE tasks SET {change} WHERE id = {}", list[place])).unwrap();
            let now = next(client, &after);
            let others: Vec<i32> = now.into_iter().filter(|id| *id != list[place]).take(4).collect();
            assert_eq!(others, list[place + 1..place + 5], "{sort}, changed");
            client.batch_execute("ROLLBACK").unwrap();
            let settings = "SET LOCAL DateStyle = 'German, DMY'; SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL bytea_output = escape";
            client.batch_execute(&format!("BEGIN; {settings}")).unwrap();
            assert_eq!(cursor(client, list[place]), after, "{sort}: settings of the session");
            assert_eq!(next(client, &after), list[place + 1..place + 6], "{sort}: settings of the session");
            client.batch_execute("ROLLBACK").unwrap();
        }
        let last = cursor(client, list[39]);
        assert_eq!(next(client, &last), [0; 0], "{sort}");
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    fill(client, "u1", 3);
    let hex = |text: &str| format!("1{}", text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
    let user = strings(client, "SELECT hashtextextended('u1', 0)::text").remove(0);
    let valid: String =
        client.query_one("SELECT todo_task_cursor(task) FROM tasks AS task WHERE id = 1", &[]).unwrap().get(0);
    let mut broken = vec![
        String::new(),
        "1".to_owned(),
        "x".to_owned(),
        "'; DROP TABLE tasks; --".to_owned(),
        format!("2{}", &valid[1..]),
        valid[..valid.len() - 1].to_owned(),
        valid[..valid.len() - 2].to_owned(),
        format!("{valid}00"),
        hex("null"),
        hex("[]"),
        hex("{}"),
        hex("\"created\""),
        hex(&format!("[\"created\",{user},1,null]")),
        hex(&format!("[\"created\",{user},null,\"2026-01-01\"]")),
        hex(&format!("[\"created\",{user},\"1\",\"2026-01-01\"]")),
        hex(&format!("[\"created\",{user},1e30,\"2026-01-01\"]")),
        hex(&format!("[\"created\",{user},1,\"today or so\"]")),
        hex(&format!("[\"created\",{user},1,[1]]")),
        hex(&format!("[\"created\",1{user},1,\"2026-01-01\"]")),
        hex(&"[".repeat(100_000)),
        "1ff00".to_owned(),
        "1é".to_owned(),
    ];
    for place in 1..valid.len() {
        // One digit is not hexadecimal. (Another digit could make a valid cursor.)
        let mut text = valid.clone().into_bytes();
        text[place] = b'g';
        broken.push(String::from_utf8(text).unwrap());
    }
    for after in &broken {
        let result = client.query("SELECT * FROM todo_filter_tasks('u1', after => $1)", &[after]);
        assert_eq!(Failure::of(result).fields(), ("22023", None, None), "{after}");
    }
    for (user, sort) in [("u2", "created"), ("u1", "updated"), ("u1", "completed"), ("u1", "title"), ("U1", "created")]
    {
        let result =
            client.query("SELECT * FROM todo_filter_tasks($1, sort => $2, after => $3)", &[&user, &sort, &valid]);
        assert_eq!(Failure::of(result).fields(), ("22023", None, None), "{user}, {sort}");
    }
    for call in [
        "todo_filter_tasks('u1', sort => 'id')",
        "todo_filter_tasks('u1', sort => 'created; DROP TABLE tasks')",
        "todo_filter_tasks('u1', page_size => 0)",
        "todo_filter_tasks('u1', page_size => -1)",
        "todo_filter_tasks('u1', page_size => 1001)",
        "todo_filter_tasks('u1', search => repeat('x', 201))",
        "todo_filter_tasks('u1', search => repeat('x ', 100))",
        "todo_filter_tasks('u1', search => 'a b c d e f g h i j k l m n o p q r s t u')",
        "todo_task_cursor((SELECT task FROM tasks AS task WHERE id = 1), 'id')",
    ] {
        let result = client.query(&format!("SELECT * FROM {call}"), &[]);
        match call.contains("repeat('x ', 100)") {
            true => assert_eq!(result.unwrap().len(), 0, "{call}: one word"),
            false => assert_eq!(Failure::of(result).fields(), ("22023", None, None), "{call}"),
        }
    }
    let defaults = "todo_filter_tasks('u1', NULL, NULL, NULL, NULL, NULL, NULL, NULL)";
    assert_eq!(ids(client, &format!("SELECT id FROM {defaults}")).len(), 3);
}

/// With any text as the cursor, the function returns tasks of the user only, or refuses it.
#[test]
fn any_text_continues_or_is_refused() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for user in ["u1", "u2"] {
        fill(client, user, 20);
    }
    let cursors: Vec<String> = SORTS
        .iter()
        .flat_map(|(sort, _)| {
            strings(client, &format!("SELECT todo_task_cursor(t, '{sort}') FROM tasks AS t WHERE user_id = 'u1'"))
        })
        .collect();
    let user: i64 = client.query_one("SELECT hashtextextended('u1', 0)", &[]).unwrap().get(0);
    let hex = |text: String| format!("1{}", text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
    let value = "null|true|-?[0-9]{1,12}|\"[a-z0-9: .+-]{0,20}\"|\"(-?infinity|20[0-9]{2}-[01][0-9]-[0-3][0-9])\"|\\[\\]|\\{\\}";
    let sort = prop::sample::select(vec!["created", "updated", "completed", "title", "id", ""]);
    let after = prop_oneof![
        "\\PC{0,80}",
        "1[0-9a-f]{0,120}",
        (sort, "-?[0-9]{1,10}|null|1e9", value)
            .prop_map(move |(sort, id, value)| hex(format!("[\"{sort}\",{user},{id},{value}]"))),
        (
            prop::sample::select(cursors),
            any::<prop::sample::Index>(),
            prop::char::ranges(vec!['0'..='9', 'a'..='g'].into())
        )
            .prop_map(|(mut cursor, place, digit)| {
                let place = place.index(cursor.len());
                cursor.replace_range(place..=place, &digit.to_string());
                cursor
            }),
    ];
    let database = RefCell::new(database);
    let (refused, continued) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&(0..SORTS.len(), after), |(sort, after)| {
            let query = "SELECT user_id FROM todo_filter_tasks('u1', sort => $1, after => $2)";
            match database.borrow_mut().client.query(query, &[&SORTS[sort].0, &after]) {
                Ok(rows) => {
                    prop_assert!(rows.iter().all(|row| row.get::<_, &str>(0) == "u1"));
                    continued.set(continued.get() + 1);
                }
                Err(error) => {
                    let failure = Failure::from(&error);
                    prop_assert_eq!(failure.fields(), ("22023", None, None));
                    refused.set(refused.get() + 1);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(refused.get() > 100 && continued.get() > 5, "{} refused, {} continued", refused.get(), continued.get());
}

/// A search finds words by their beginnings, with the index as without it.
#[test]
fn the_search_finds_words_and_their_beginnings() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let documents = [
        ("Café Crème", "", &["cafe", "CAFÉ", "creme caf", "cafe\u{301}", "c"][..], &["afe", "reme", "caf\u{e9}x"][..]),
        ("Łódź and Ærø", "Straße, Ørsted", &["lodz", "aero", "strasse", "STRASSE", "orsted"], &["odz", "trasse"]),
        ("ΟΔΟΣ Αθηνών", "Ёлка и ещё", &["οδός", "ΑΘΗΝΩΝ", "елка еще", "ЁЛКА"], &["δος", "лка"]),
        ("東京タワー と 京都", "한국어 공부", &["東京", "京", "タワ", "ワー", "都", "한국", "공"], &["東都", "국어"]),
        ("ซื้อนม", "שָׁלוֹם مُحَمَّد", &["ซื้อ", "นม", "שלום", "محمد"], &["x"]),
        (
            "C++ at 100 %_ \\ done",
            "a.b@c.de it's (x) [y] ^z$ |*?",
            &["c++", "++", "100", "%", "%_", "\\", "b@c", "it's", "(x)", "[y", "^z$", "|*?"],
            &["%d", "c%", "_d", "c+++", ".*", "d.ne", "(x]"],
        ),
        ("foo-bar_baz", "tab\tand\nline", &["foo-b", "bar_", "baz", "line", "and tab", "tab"], &["ar", "foobar", "oo"]),
        ("🎉 Party🎈", "ﬁnal ①", &["🎉", "party", "🎈", "final", "1"], &["🚀", "arty"]),
        ("İstanbul ISPARTA", "x'); DROP TABLE tasks; --", &["istanbul", "isparta", "x'); drop", "--"], &["stanbul"]),
    ];
    client.batch_execute(FILLER).unwrap();
    for (title, description, ..) in documents {
        client.execute("SELECT FROM todo_create_task('u1', $1, $2)", &[&title, &description]).unwrap();
        client.execute("SELECT FROM todo_create_task('u2', $1, $2)", &[&title, &description]).unwrap();
    }
    for indexed in [false, true] {
        if indexed {
            client
                .batch_execute(
                    "CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description));
                     SET enable_seqscan = off",
                )
                .unwrap();
        }
        for (title, _, finds, misses) in documents {
            let mut found = |search: &str| -> Vec<String> {
                let query = "SELECT title FROM todo_filter_tasks('u1', search => $1)";
                client
                    .query(query, &[&search])
                    .unwrap_or_else(|e| panic!("{search}: {e:?}"))
                    .iter()
                    .map(|row| row.get(0))
                    .collect()
            };
            for search in finds {
                assert!(found(search).contains(&title.to_owned()), "{search} finds {title}, indexed: {indexed}");
            }
            for search in misses {
                assert!(!found(search).contains(&title.to_owned()), "{search} finds {title}, indexed: {indexed}");
            }
            for all in ["", " ", "\t\n\u{a0}"] {
                assert_eq!(found(all).len(), 50, "an empty search filters nothing");
            }
        }
    }
}

/// Any search finds the same tasks with the index as without it.
#[test]
fn the_index_finds_the_same() {
    let text = "[ab1 éÉ京ー%_'.\\\\+&|!:*()\u{301}\u{a0}🎉-]{0,12}";
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let database = RefCell::new(Database::with_users());
    database.borrow_mut().client.batch_execute(FILLER).unwrap();
    runner
        .run(&(prop::collection::vec((text, text), 1..20), prop::collection::vec(text, 1..20)), |(tasks, searches)| {
            let client = &mut database.borrow_mut().client;
            client.batch_execute("DROP INDEX IF EXISTS ix_tasks_search; DELETE FROM tasks WHERE title <> 'filler'").unwrap();
            for (title, description) in &tasks {
                let title = format!("{title}x");
                client.execute("INSERT INTO tasks (user_id, title, description) VALUES ('u1', $1, $2)", &[&title, description]).unwrap();
            }
            let mut find = || -> Vec<Vec<i32>> {
                let query = "SELECT id FROM todo_filter_tasks('u1', search => $1)";
                searches.iter().map(|search| client.query(query, &[search]).unwrap().iter().map(|row| row.get(0)).collect()).collect()
            };
            let plain = find();
            client
                .batch_execute("CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description)); SET enable_seqscan = off")
                .unwrap();
            let mut find = || -> Vec<Vec<i32>> {
                let query = "SELECT id FROM todo_filter_tasks('u1', search => $1)";
                searches.iter().map(|search| client.query(query, &[search]).unwrap().iter().map(|row| row.get(0)).collect()).collect()
            };
            prop_assert_eq!(find(), plain, "{:?} in {:?}", searches, tasks);
            let used = "SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()";
            client.batch_execute(used).unwrap();
            let scans = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ix_tasks_search'";
            let scans: i64 = client.query_one(scans, &[]).unwrap().get(0);
            let has_words = searches.iter().any(|search| search.contains(['a', 'b', '1']));
            prop_assert!(scans > 0 || !has_words, "no search of {:?} uses the index", searches);
            Ok(())
        })
        .unwrap();
}

/// A role that may write tasks can still do so when there is the index, which calls functions with the writer's rights.
#[test]
fn the_index_hinders_no_writer() {
    let mut database = Database::with_users();
    let role = database.role("app");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description));
             GRANT SELECT, INSERT, UPDATE ON tasks TO {role}; GRANT USAGE ON SEQUENCE tasks_id_seq TO {role}; SET ROLE {role};
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'); UPDATE tasks SET title = 'y'; RESET ROLE; ANALYZE tasks"
        ))
        .unwrap();
}

/// Searches of users with many tasks use the index, and those of others do not. They find the same tasks, also for ids that need quotes.
#[test]
fn frequent_and_rare_words() {
    let mut database = Database::new();
    let client = &mut database.client;
    client
        .batch_execute(
            r"INSERT INTO users (id, email, name) VALUES ('u''1 \ x', 'a@b.cd', 'A'), ('u', 'b@b.cd', 'B'), ('u''1', 'c@b.cd', 'C');
              INSERT INTO tasks (user_id, title, created_at)
                  SELECT u.id, CASE WHEN i = 7 THEN 'rare' ELSE 'often ' END || ' x ' || i, timestamp '2026-01-01' + i * interval '1 s'
                  FROM users AS u, generate_series(1, CASE u.id WHEN 'u' THEN 30 ELSE 3000 END) AS i",
        )
        .unwrap();
    let find = |client: &mut Client| -> Vec<(String, Vec<i32>)> {
        let mut found = Vec::new();
        for user in ["u'1 \\ x", "u", "u'1"] {
            for search in ["rare", "often", "often 299", "x", "nothing"] {
                for sort in ["created", "title", "completed", "updated"] {
                    let query = "SELECT id FROM todo_filter_tasks($1, search => $2, sort => $3, page_size => 10)";
                    let rows = client.query(query, &[&user, &search, &sort]).unwrap();
                    found.push((format!("{user}, {search}, {sort}"), rows.iter().map(|row| row.get(0)).collect()));
                }
            }
        }
        found
    };
    let plain = find(client);
    assert!(plain.iter().filter(|(_, ids)| ids.len() == 1).count() == 12 && plain[0].1.len() == 1);
    client
        .batch_execute(
            "CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description))",
        )
        .unwrap();
    client.batch_execute("VACUUM ANALYZE tasks").unwrap();
    // More often than PostgreSQL uses custom plans at first.
    for _ in 0..3 {
        assert_eq!(find(client), plain);
    }
    // No setting hides the index, or some of what it finds.
    client.batch_execute("SET gin_fuzzy_search_limit = 2; SET quote_all_identifiers = on").unwrap();
    assert_eq!(find(client), plain);
    // Another index of this name is not used for the search.
    client.batch_execute("DROP INDEX ix_tasks_search; CREATE INDEX ix_tasks_search ON tasks (title)").unwrap();
    assert_eq!(find(client), plain);
}

/// The search does not depend on the collation of arguments, or on that of the database, in which letters have other cases.
#[test]
fn collations() {
    let mut database =
        Database::created_with("TEMPLATE template0 ENCODING UTF8 LOCALE_PROVIDER icu ICU_LOCALE 'tr' LOCALE 'C'");
    database.client.batch_execute(&Edition::current().install(&database.name)).unwrap();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A');
             SELECT todo_create_tasks('u1', '[{\"title\":\"apple\"},{\"title\":\"Banana\"},{\"title\":\"cherry\"},{\"title\":\"TITLE ISPARTA\"},{\"title\":\"ISPARTA ş\"}]')",
        )
        .unwrap();
    let titles = |client: &mut Client, arguments: &str| -> Vec<String> {
        strings(client, &format!("SELECT title::text FROM todo_filter_tasks({arguments})"))
    };
    let cursor =
        strings(client, "SELECT todo_task_cursor(task, 'title') FROM tasks AS task WHERE title = 'apple'").remove(0);
    for user in ["'u1'", "'u1' COLLATE \"C\"", "'u1'::name::text"] {
        let rest = titles(client, &format!("{user}, sort => 'title', after => '{cursor}'"));
        assert_eq!(rest, ["Banana", "cherry", "ISPARTA ş", "TITLE ISPARTA"], "{user}");
    }
    for search in ["title", "TITLE"] {
        assert_eq!(titles(client, &format!("'u1', search => '{search}'")), ["TITLE ISPARTA"]);
    }
    for search in ["isparta", "ISPARTA"] {
        assert_eq!(
            titles(client, &format!("'u1', search => '{search}', sort => 'title'")),
            ["ISPARTA ş", "TITLE ISPARTA"]
        );
    }
    client.batch_execute("SET standard_conforming_strings = off").unwrap();
    assert_eq!(titles(client, "'u1', search => 'title isp'"), ["TITLE ISPARTA"]);
}
