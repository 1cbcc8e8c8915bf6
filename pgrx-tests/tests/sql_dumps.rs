//! The owner dumps and restores the SQL edition in every format. Rows are the same to the microsecond, and everything works as before.

use postgres::Client;
use std::process::Command;
use todo_tests::admin::Scratch;
use todo_tests::database::fill;
use todo_tests::edition::script;
use todo_tests::{Database, Edition, Failure, rows, strings, task};

/// A database that belongs to a role.
fn owned_by(owner: &str) -> Database {
    let mut database = Database::empty();
    database.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", database.name)).unwrap();
    database
}

/// Runs a program as a role, in another time zone.
fn run(program: &str, owner: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    let output = command.args(arguments).env("PGUSER", owner).env("PGTZ", "Asia/Karachi").output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Rights of other roles than the owner on tables, views, sequences, functions and schemas.
const RIGHTS: &str = "
    SELECT format('%s: %s to %s by %s', o.object, a.privilege_type, a.grantee::regrole, a.grantor::regrole)
    FROM (
        SELECT relnamespace, oid::regclass::text, relacl FROM pg_class
        UNION ALL SELECT pronamespace, oid::regprocedure::text, proacl FROM pg_proc
        UNION ALL SELECT oid, nspname, nspacl FROM pg_namespace
    ) AS o (schema, object, acl)
    JOIN pg_namespace AS n ON n.oid = o.schema AND n.nspname IN ('public', 'todo_internal')
    JOIN LATERAL aclexplode(o.acl) AS a ON a.grantee <> a.grantor
    ORDER BY 1";

#[test]
fn a_restore_is_the_database_as_it_was() {
    let mut database = Database::empty();
    let (name, owner) = (database.name.clone(), Edition::Sql.owner(&database.name));
    database.client.batch_execute(&Edition::Sql.install(&name)).unwrap();
    let role = format!("{name}_role");
    fill(&mut database.client, &role);
    let before = rows(&mut database.client);
    assert_eq!(before.len(), 1000 + 9990);
    let rights = strings(&mut database.client, RIGHTS);
    assert!(rights.iter().any(|right| right.contains(&role)), "{rights:?}");
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &database);
    let dump = |format: &str, options: &[&str]| {
        let file = scratch.file(format);
        run("pg_dump", &owner, &[&["--format", format, "--file", &file, &name], options].concat());
        file
    };
    for (format, jobs) in [("plain", None), ("custom", None), ("directory", Some("--jobs=2")), ("tar", None)] {
        let file = dump(format, jobs.as_slice());
        let mut restored = owned_by(&owner);
        let target = restored.name.clone();
        if format == "plain" {
            run_script(&owner, &target, &file);
        } else {
            run("pg_restore", &owner, &[&["--exit-on-error", "--dbname", &target, &file], jobs.as_slice()].concat());
        }
        let client = &mut restored.client;
        assert!(rows(client) == before, "{format}");
        assert_eq!(strings(client, RIGHTS), rights, "{format}");
        works(client);
    }

    // The rows alone, into a database where it is installed. Triggers fire, and change nothing.
    let file = dump("plain", &["--data-only", "--table=users", "--table=tasks", "--table=tasks_id_seq"]);
    let mut restored = owned_by(&owner);
    let target = restored.name.clone();
    let install = format!("CREATE EXTENSION pgcrypto; SET ROLE {owner}; {}; RESET ROLE", script("todo"));
    restored.client.batch_execute(&install).unwrap();
    run_script(&owner, &target, &file);
    assert!(rows(&mut restored.client) == before, "rows alone");
    works(&mut restored.client);
}

fn run_script(owner: &str, database: &str, file: &str) {
    run("psql", owner, &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", database, "-f", file]);
}

/// Asserts that the sequence goes on, and triggers fire.
fn works(client: &mut Client) {
    let made = task(client, "INSERT INTO tasks (user_id, title) VALUES ('user-1', ' x ') RETURNING *", &[]);
    assert_eq!((made.id, made.title.as_str()), (10001, "x"));
    let failure = Failure::of(client.batch_execute("UPDATE users SET name = ' ' WHERE id = 'user-1'"));
    assert_eq!(failure.fields(), ("23514", Some("name"), Some("users_name_check")));
    // The role of these tests has rights that no function has granted.
    let faults = "SELECT name FROM todo_check() WHERE NOT ok AND name NOT LIKE 'rights of test%'";
    assert_eq!(strings(client, faults), [""; 0]);
}
