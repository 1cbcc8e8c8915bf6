//! `docs/reference.md` lists the functions, settings and columns that exist, and no others. Its errors are those that tests get.

use std::collections::BTreeSet;
use todo_tests::docs::{code, file, read, same, session, table};
use todo_tests::functions::functions;
use todo_tests::{Database, strings};

const PAGE: &str = "docs/reference.md";

fn with_both_extensions() -> Database {
    let mut database = Database::new();
    database.client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    database
}

/// Names, arguments with their types and defaults, and results.
#[test]
fn its_functions_are_those_of_the_catalog() {
    const SIGNATURES: &str = "
        SELECT format('%s%s(%s) → %s', CASE WHEN pronamespace = 'todo_auth'::regnamespace THEN 'todo_auth.' END, proname,
            replace(regexp_replace(replace(pg_get_function_arguments(oid), ' DEFAULT ', ' = '), '::[a-z ]+', '', 'g'), ' without time zone', ''),
            pg_get_function_result(oid))
        FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace) AND prorettype <> 'trigger'::regtype";
    let page = code(&read(PAGE)).into_iter().filter(|code| code.contains(") → ")).collect();
    let catalog = strings(&mut with_both_extensions().client, SIGNATURES).into_iter().collect();
    same(PAGE, page, catalog);
}

#[test]
fn each_function_is_called_in_an_example() {
    let statements: String = session(&read(PAGE)).into_iter().map(|(statement, _)| statement + "\n").collect();
    let is_called = |name: &str| {
        let before = |at: usize| statements[..at].chars().next_back();
        let call = format!("{name}(");
        let mut calls = statements.match_indices(&call).map(|(at, _)| before(at));
        calls.any(|before| before.is_none_or(|before| !before.is_alphanumeric() && !"_.".contains(before)))
    };
    let missing: Vec<&str> = functions().iter().map(|function| function.name).filter(|name| !is_called(name)).collect();
    assert!(missing.is_empty(), "no example in {PAGE} calls {missing:?}");
}

/// Every name on the page that begins with `todo_` is that of an object.
#[test]
fn its_names_are_those_of_objects() {
    const NAMES: &str = "
        SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'todo_auth.' || proname FROM pg_proc WHERE pronamespace = 'todo_auth'::regnamespace
        UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT extname FROM pg_extension
        UNION ALL SELECT rolname FROM pg_roles";
    let known: BTreeSet<String> = strings(&mut with_both_extensions().client, NAMES).into_iter().collect();
    let code = code(&read(PAGE)).join(" ");
    let words = code.split(|c: char| !c.is_alphanumeric() && !"_.".contains(c)).map(|word| word.trim_end_matches('.'));
    let mut named = 0;
    for word in words.filter(|word| word.starts_with("todo_")) {
        assert!(known.contains(word), "{PAGE} names {word}");
        named += 1;
    }
    assert!(named > 100, "{named} names");
}

#[test]
fn its_settings_are_those_of_the_library() {
    let page = read(PAGE);
    let shown: BTreeSet<String> = table(&page, "## Settings")
        .iter()
        .filter_map(|row| Some(row[0].strip_prefix('`')?.strip_suffix('`')?.to_owned()))
        .collect();
    let client = &mut Database::new().client;
    // This call loads the library, which defines all settings except todo.user_id.
    let current_user = "SELECT todo_current_user_id() FROM set_config('todo.user_id', 'ada', false)";
    assert_eq!(strings(client, current_user), ["ada"]);
    let defined = strings(client, "SELECT name FROM pg_settings WHERE name LIKE 'todo.%'");
    same(PAGE, shown.clone(), defined.into_iter().chain(["todo.user_id".to_owned()]).collect());
    let code = code(&page).join(" ");
    for word in code.split(|c: char| !c.is_alphanumeric() && !"_.".contains(c)).filter(|word| word.starts_with("todo."))
    {
        assert!(shown.contains(word), "{PAGE} names {word}");
    }
}

/// Columns with their types.
#[test]
fn its_columns_are_those_of_the_tables() {
    const COLUMNS: &str = "
        SELECT format('%s.%s %s', attrelid::regclass, attname,
            replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'), ' without time zone', ''))
        FROM pg_attribute
        WHERE attrelid IN ('users'::regclass, 'tasks'::regclass) AND attnum > 0 AND NOT attisdropped";
    let page = read(PAGE);
    let rows = table(&page, "## Rules");
    let cells =
        rows.iter().filter(|row| row[0].contains('.')).map(|row| format!("{} {}", row[0], row[1]).replace('`', ""));
    let columns: BTreeSet<String> = cells.collect();
    same(PAGE, columns.clone(), strings(&mut Database::new().client, COLUMNS).into_iter().collect());
    let named = code(&page).into_iter().filter(|code| code.starts_with("users.") || code.starts_with("tasks."));
    for name in named {
        assert!(columns.iter().any(|column| column.split(' ').next() == Some(&name)), "{PAGE} names {name}");
    }
}

/// Some test gets each SQLSTATE of the table, and the text names no other. The test `fuzz` finds out whether one is missing.
#[test]
fn its_errors_are_those_that_tests_meet() {
    let page = read(PAGE);
    let rows = table(&page, "## Errors");
    let is_code = |word: &str| word.len() == 5 && word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    let listed: BTreeSet<&str> = rows.iter().flat_map(|row| row[0].split(", ")).filter(|word| is_code(word)).collect();
    assert!(listed.len() > 15, "{listed:?}");
    let files = std::fs::read_dir(file("pgrx-tests/tests")).unwrap().map(|entry| entry.unwrap().path());
    let tests: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let words: BTreeSet<&str> = tests.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for code in &listed {
        assert!(words.contains(code), "no test meets {code}");
    }
    for code in page.split('(').skip(1).filter_map(|rest| rest.get(..6)?.strip_suffix(')')).filter(|code| is_code(code))
    {
        assert!(listed.contains(code), "{PAGE} names {code}");
    }
}
