//! Several databases can share the ids of tasks: each has its own range, or every n-th id.

use serde_json::Value;
use todo_tests::admin::{Scratch, ok};
use todo_tests::{Database, Edition, Failure, strings};

#[test]
fn the_sequence_may_give_every_tenth_id() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for command in [
        "ALTER SEQUENCE tasks_id_seq INCREMENT 10 START 3 RESTART",
        "ALTER SEQUENCE tasks_id_seq MINVALUE 3 MAXVALUE 2000000003",
        "ALTER SEQUENCE tasks_id_seq CACHE 5",
        "ALTER SEQUENCE tasks_id_seq CACHE 1",
    ] {
        client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    let id = |client: &mut _| strings(client, "SELECT id::text FROM todo_create_task('u1', 'x')");
    assert_eq!([id(client), id(client)], [["3"], ["13"]]);
    assert_eq!(
        strings(client, r#"SELECT id::text FROM todo_create_tasks('u1', '[{"title": "a"}, {"title": "b"}]')"#),
        ["23", "33"]
    );
    // A task whose id the sequence never gives is no finding. One whose id it will give is.
    client
        .batch_execute("INSERT INTO tasks (id, user_id, title) VALUES (44, 'u1', 'other'), (2000000013, 'u1', 'over')")
        .unwrap();
    assert_eq!(strings(client, "SELECT name || detail FROM todo_check() WHERE ok IS NOT TRUE"), [""; 0]);
    client.batch_execute("INSERT INTO tasks (id, user_id, title) VALUES (63, 'u1', 'taken')").unwrap();
    let found = strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE");
    assert_eq!(found, ["sequence tasks_id_seq ahead of tasks"]);
    let fix = strings(client, "SELECT fix FROM todo_check() WHERE ok IS NOT TRUE").remove(0);
    client.batch_execute(&fix).unwrap();
    assert_eq!(id(client), ["73"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE"), [""; 0]);

    let status: Value = serde_json::from_str(&ok(&database, &["status", "--json"])).unwrap();
    assert_eq!((&status["next_task_id"], &status["task_ids_left"]), (&83.into(), &199_999_993.into()));
    let client = &mut database.client;

    // Changes that would break the sequence are refused.
    for command in [
        "ALTER SEQUENCE tasks_id_seq CYCLE",
        "ALTER SEQUENCE tasks_id_seq MINVALUE 0",
        "ALTER SEQUENCE tasks_id_seq INCREMENT -1",
        "ALTER SEQUENCE tasks_id_seq AS bigint",
        "ALTER SEQUENCE tasks_id_seq OWNED BY NONE",
    ] {
        // The owner may change the SQL edition.
        if Edition::current() == Edition::Extension {
            assert_eq!(Failure::of(client.batch_execute(command)).code, "2BP01", "{command}");
        }
    }
    // Ids that run out.
    client.batch_execute("SELECT setval('tasks_id_seq', 1500000003)").unwrap();
    let found = strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE");
    assert_eq!(found, ["sequence tasks_id_seq below 75 %"]);
    client.batch_execute("SELECT setval('tasks_id_seq', 2000000003)").unwrap();
    assert_eq!(Failure::of(client.query("SELECT FROM todo_create_task('u1', 'x')", &[])).code, "2200H");
}

#[test]
fn imports_leave_the_sequence_in_step() {
    let mut source = Database::with_users();
    source.client.batch_execute("SELECT todo_create_task('u1', 'x') FROM generate_series(1, 26)").unwrap();
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &source);
    let file = scratch.file("all.jsonl");
    ok_quietly(&source, &["export", &file]);
    for (options, next) in
        [("INCREMENT 10 START 3 RESTART", "33"), ("MINVALUE 1000 START 1000 RESTART", "1000"), ("MAXVALUE 20", "20")]
    {
        let mut target = Database::new();
        let client = &mut target.client;
        client.batch_execute(&format!("ALTER SEQUENCE tasks_id_seq {options}")).unwrap();
        ok(&target, &["import", &file]);
        let client = &mut target.client;
        if next == "20" {
            assert_eq!(Failure::of(client.query("SELECT FROM todo_create_task('u1', 'x')", &[])).code, "2200H");
        } else {
            assert_eq!(strings(client, "SELECT id::text FROM todo_create_task('u1', 'x')"), [next], "{options}");
        }
        // Ids of imported tasks are in the sequence's steps, too.
        if next == "33" {
            client.batch_execute("SELECT todo_delete_user(id) FROM users").unwrap();
            let list = ok_quietly(&target, &["import", &file, "--new-ids"]);
            assert!(list.starts_with("old_id,new_id\n1,43\n2,53\n"), "{list}");
        }
    }
}

/// Dumps leave out the options of the sequence, so they are listed. Updates keep them.
#[test]
fn its_steps_are_listed_and_kept() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("ALTER SEQUENCE tasks_id_seq INCREMENT 16 MINVALUE 5 START 5 RESTART").unwrap();
    let listed = "SELECT ddl FROM todo_not_in_dumps()";
    let ddl = ["ALTER SEQUENCE public.tasks_id_seq INCREMENT 16 MINVALUE 5 MAXVALUE 2147483647 START 5 CACHE 1"];
    assert_eq!(strings(client, listed), ddl);
    client.batch_execute("ALTER EXTENSION todo UPDATE TO '1.0.0'; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(strings(client, listed), ddl);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE ok IS NOT TRUE"), [""; 0]);
    assert_eq!(strings(client, "SELECT id::text FROM todo_create_task('u1', 'x')"), ["5"]);
    client.batch_execute(ddl[0]).unwrap();
}

fn ok_quietly(database: &Database, arguments: &[&str]) -> String {
    let said = todo_tests::admin::run(database, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    said.out
}
