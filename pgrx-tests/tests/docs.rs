//! The examples in the documentation run, and the reference names every function.

use std::path::Path;
use std::process::Command;
use todo_tests::Database;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_readmes_examples_run() {
    let readme = read("README.md");
    let mut database = Database::new();
    let [sql] = blocks(&readme, "sql").try_into().expect("one SQL example");
    database.client.batch_execute(&sql).unwrap();
    let row = database.client.query_one("SELECT title, completed FROM tasks", &[]).unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("Buy bread", true));

    let [python] = blocks(&readme, "python").try_into().expect("one Python example");
    let interpreter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    let output = Command::new(interpreter).arg("-c").arg(&python).env("PGDATABASE", &database.name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let row = database.client.query_one("SELECT completed FROM tasks WHERE title = 'Call mom'", &[]).unwrap();
    assert!(row.get::<_, bool>(0));
}

#[test]
fn the_reference_names_every_function_with_its_arguments() {
    let reference = read("docs/reference.md");
    let mut database = Database::new();
    let rows = database
        .client
        .query(
            "SELECT format('`%s(%s)`', proname, replace(replace(pg_get_function_arguments(oid), ' DEFAULT ', ' = '), '::text', ''))
             FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
            &[],
        )
        .unwrap();
    assert_eq!(rows.len(), 28);
    for row in rows {
        let signature: String = row.get(0);
        assert!(reference.contains(&signature), "docs/reference.md does not describe {signature}");
    }
}
