//! Extensions of others that require todo: the guard knows them by their requirement, whatever they are called.

use std::path::PathBuf;
use todo_tests::{Database, Failure, strings};

/// Extensions that are installed while a test runs, each with one table.
struct Installed(Vec<PathBuf>);

impl Installed {
    fn new(database: &mut Database, extensions: &[(&str, &str)]) -> Self {
        let query = "SELECT setting || '/extension' FROM pg_config WHERE name = 'SHAREDIR'";
        let dir = PathBuf::from(&strings(&mut database.client, query)[0]);
        let mut files = Self(Vec::new());
        for (name, control) in extensions {
            let control = format!("default_version = '1'\nrelocatable = false\nschema = '{name}'\n{control}\n");
            for (file, text) in [
                (format!("{name}.control"), control.as_str()),
                (format!("{name}--1.sql"), "CREATE TABLE @extschema@.notes (body text)"),
            ] {
                files.0.push(dir.join(file));
                std::fs::write(files.0.last().unwrap(), text).unwrap();
            }
        }
        files
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        for file in &self.0 {
            let _ = std::fs::remove_file(file);
        }
    }
}

#[test]
fn an_extension_that_requires_todo_is_guarded_if_a_superuser_created_it() {
    let mut database = Database::new();
    let [ours, trusting, other] = ["ours", "trusting", "other"].map(|name| format!("{}_{name}", database.name));
    let installed = [
        (ours.as_str(), "requires = 'todo'"),
        (trusting.as_str(), "requires = 'todo'\nsuperuser = false"),
        (other.as_str(), ""),
    ];
    let _installed = Installed::new(&mut database, &installed);
    let role = database.role("developer");
    let as_superuser = |name: &str| format!("CREATE EXTENSION {name}; INSERT INTO {name}.notes VALUES ('a')");
    let setup = format!(
        "{}; {}; GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {role}; {}; RESET ROLE",
        as_superuser(&ours),
        as_superuser(&other),
        database.name,
        as_superuser(&trusting),
    );
    database.client.batch_execute(&setup).unwrap();

    let drop = format!("DROP EXTENSION {ours}");
    let refused = Failure::of(database.client.batch_execute(&drop));
    assert_eq!(refused.code, "2BP01");
    assert_eq!(strings(&mut database.client, &format!("SELECT body FROM {ours}.notes")), ["a"]);
    database.client.batch_execute(&format!("DELETE FROM {ours}.notes; {drop}")).unwrap();

    for name in [&other, &trusting] {
        database.client.batch_execute(&format!("DROP EXTENSION {name}")).unwrap();
    }
}
