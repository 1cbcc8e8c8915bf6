//! The guard protects other extensions that require todo, whatever they are called.

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
fn extensions_that_require_todo_are_guarded_and_a_superusers_are_trusted() {
    let mut database = Database::with_users();
    let [ours, theirs, other] = ["ours", "theirs", "other"].map(|name| format!("{}_{name}", database.name));
    let installed = [
        (ours.as_str(), "requires = 'todo'"),
        (theirs.as_str(), "requires = 'todo'\nsuperuser = false"),
        (other.as_str(), ""),
    ];
    let _installed = Installed::new(&mut database, &installed);
    let role = database.role("developer");
    let create = |name: &str| {
        format!(
            "CREATE EXTENSION {name}; INSERT INTO {name}.notes VALUES ('a');
             CREATE FUNCTION {name}.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             ALTER EXTENSION {name} ADD FUNCTION {name}.own()"
        )
    };
    let setup = format!(
        "{}; {}; GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {role}; {}; RESET ROLE",
        create(&ours),
        create(&other),
        database.name,
        create(&theirs),
    );
    let client = &mut database.client;
    client.batch_execute(&setup).unwrap();

    // Both functions belong to the developer. Only the extension of the superuser makes its function a trusted one.
    for (name, code) in [(&ours, None), (&theirs, Some("55000"))] {
        let trigger = format!(
            "ALTER FUNCTION {name}.own() OWNER TO {role};
             CREATE TRIGGER own BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION {name}.own()"
        );
        client.batch_execute(&trigger).unwrap();
        let created = client.query("SELECT todo_create_user('own@example.com', 'Own', 'a password')", &[]);
        assert_eq!(created.err().map(|error| Failure::of::<()>(Err(error)).code), code.map(str::to_owned), "{name}");
        client.batch_execute("DROP TRIGGER own ON users").unwrap();
    }

    for (name, owner) in [(&ours, "NONE"), (&theirs, role.as_str())] {
        let drop = format!("DROP EXTENSION {name}");
        client.batch_execute(&format!("SET ROLE {owner}")).unwrap();
        assert_eq!(Failure::of(client.batch_execute(&drop)).code, "2BP01", "{name}");
        client.batch_execute("RESET ROLE").unwrap();
        assert_eq!(strings(client, &format!("SELECT body FROM {name}.notes")), ["a"]);
        client.batch_execute(&format!("DELETE FROM {name}.notes; {drop}")).unwrap();
    }
    client.batch_execute(&format!("DROP EXTENSION {other}")).unwrap();
}
