//! Roles try to get the rights of the SQL edition's owner, and the owner tries to get those of a superuser.

use todo_tests::attack::attacked;
use todo_tests::edition::script;
use todo_tests::waiting::until;
use todo_tests::{Database, Edition, Failure, Said, TO_ADOPT, admin, said, strings};

/// todo_grant() does not give REFERENCES in the SQL edition, because a foreign key would run a cast of the role with the owner's rights.
#[test]
fn nobody_gets_references() {
    let (mut database, role) = attacked();
    let client = &mut database.client;
    for table in ["users", "tasks"] {
        let refer = format!("SET ROLE {role}; CREATE TABLE evil.refers (x text REFERENCES public.{table} (id))");
        assert_eq!(Failure::of(client.batch_execute(&refer)).code, "42501", "{table}");
        client.batch_execute("RESET ROLE").unwrap();
    }
    let found = "SELECT name FROM todo_check() WHERE NOT ok";
    assert_eq!(strings(client, found), [""; 0]);
    client.batch_execute(&format!("GRANT REFERENCES ON tasks TO {role}")).unwrap();
    assert_eq!(strings(client, found), [format!("rights of {role}")]);
}

/// While a deletion waits for its lock on tasks, a role creates a table that refers to them, with a trigger. The deletion sees it.
#[test]
fn what_is_reached_is_locked_before_it_is_judged() {
    let (mut database, role) = attacked();
    database
        .client
        .batch_execute(&format!(
            "GRANT REFERENCES ON tasks TO {role}; CREATE TABLE ran (who text); GRANT ALL ON ran TO PUBLIC; SET ROLE {role};
             CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN OLD; END'; RESET ROLE"
        ))
        .unwrap();
    let mut attacker = database.connect();
    attacker
        .batch_execute(&format!(
            "SET ROLE {role}; BEGIN; CREATE TABLE evil.side (task int REFERENCES public.tasks ON DELETE CASCADE);
             CREATE TRIGGER fires AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()"
        ))
        .unwrap();
    let mut deleting = database.connect();
    let deletion = std::thread::spawn(move || deleting.batch_execute("SELECT todo_delete_user('u1')"));
    let waits = format!(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock' AND query LIKE '%todo_delete_user%'",
        database.name
    );
    until(&mut database.client, &waits, || ());
    attacker.batch_execute("INSERT INTO evil.side SELECT id FROM public.tasks; COMMIT").unwrap();
    assert_eq!(Failure::of(deletion.join().unwrap()).code, "55000");
    assert_eq!(strings(&mut database.client, "SELECT who FROM ran"), [""; 0]);
    assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["u1"]);
}

/// A superuser's login needs --trust-owner even if the session acts as the owner, whose code could make it superuser again.
#[test]
fn a_login_of_a_superuser_needs_trust() {
    let (mut database, _) = attacked();
    let owner = Edition::Sql.owner(&database.name);
    for arguments in [&["status"][..], &["upgrade"], &["user", "list"], &["move", "--to", "extension"]] {
        let mut command = admin(&database.name);
        command.env("PGUSER", "postgres").env("PGOPTIONS", format!("-c role={owner}"));
        let Said { code, err, .. } = said(command.args(arguments), "");
        assert!(code == 1 && err.contains("--trust-owner"), "{arguments:?}: {err}");
    }
    // A superuser's restore of the owner's database needs it, too.
    let into = format!("{}_restored", database.name);
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(&database.name);
    std::fs::create_dir_all(&dir).unwrap();
    let archive = dir.join("all.dump");
    let dump = std::process::Command::new("pg_dump")
        .args(["--format=custom", "--file"])
        .arg(&archive)
        .arg(&database.name)
        .status()
        .unwrap();
    assert!(dump.success());
    let restore = |options: &[&str]| {
        let mut command = admin(&database.name);
        command.env("PGUSER", "postgres").args(options).args(["restore", archive.to_str().unwrap(), "--into", &into]);
        said(&mut command, "")
    };
    let refused = restore(&[]);
    assert!(refused.code == 1 && refused.err.contains("--trust-owner"), "{}", refused.err);
    assert_eq!(restore(&["--trust-owner"]).code, 0);
    std::fs::remove_dir_all(dir).unwrap();
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// The script uses PostgreSQL's own types, whatever search_path says.
#[test]
fn no_type_of_others_is_used() {
    let mut database = Database::empty();
    let (owner, evil) = (database.role("owner"), database.role("evil"));
    database
        .client
        .batch_execute(&format!(
            "ALTER DATABASE {} OWNER TO {owner}; CREATE EXTENSION pgcrypto; CREATE SCHEMA evil AUTHORIZATION {evil}; GRANT USAGE ON SCHEMA evil TO PUBLIC;
             CREATE TABLE ran (who name); GRANT ALL ON ran TO PUBLIC; SET ROLE {evil};
             CREATE FUNCTION evil.holds(pg_catalog.text) RETURNS bool LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO public.ran VALUES (current_user); RETURN true; END';
             CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.holds(VALUE)); RESET ROLE; SET ROLE {owner};
             SET search_path = public, evil, pg_catalog",
            database.name
        ))
        .unwrap();
    database.client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(&mut database.client, "SELECT who::pg_catalog.text FROM ran"), [""; 0]);
    // It is not created in a temporary schema.
    let mut other = Database::empty();
    let role = other.role("owner");
    other
        .client
        .batch_execute(&format!(
            "SET log_min_error_statement = panic; ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role};
             SET search_path = pg_temp, public; CREATE TEMPORARY TABLE there ()",
            other.name
        ))
        .unwrap();
    assert_eq!(Failure::of(other.client.batch_execute(script("todo"))).code, "3F000");
}

/// An update and an adoption keep rights that the owner has given to everyone.
#[test]
fn rights_of_everyone_stay() {
    let given = "SELECT concat_ws(' ', has_table_privilege('pg_monitor', 'tasks', 'SELECT'), has_column_privilege('pg_monitor', 'users', 'name', 'SELECT'),
        has_sequence_privilege('pg_monitor', 'tasks_id_seq', 'USAGE'))";
    let give = "GRANT SELECT ON tasks TO PUBLIC; GRANT SELECT (name) ON users TO PUBLIC; GRANT USAGE ON SEQUENCE tasks_id_seq TO PUBLIC";
    let (mut database, _) = attacked();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&format!("SET ROLE {owner}; {give}; {}", script("todo"))).unwrap();
    assert_eq!(strings(&mut database.client, given), ["t t t"]);

    let mut database = Database::empty();
    let role = database.role("owner");
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {}; {give}; SET todo.adopt = on",
            database.name, TO_ADOPT[1].1
        ))
        .unwrap();
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(strings(client, given), ["t t t"]);
}

/// If a table or sequence exists already, the script names it, and creates nothing.
#[test]
fn tables_in_the_way_are_named() {
    for there in ["CREATE TABLE users (a int)", "CREATE SEQUENCE tasks_id_seq"] {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "SET log_min_error_statement = panic; ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {there}",
                database.name
            ))
            .unwrap();
        let failure = Failure::of(client.batch_execute(script("todo")));
        assert_eq!(failure.code, "42P07", "{there}");
        assert!(failure.hint.is_some_and(|hint| hint.contains("todo.adopt")), "{there}");
    }
}
