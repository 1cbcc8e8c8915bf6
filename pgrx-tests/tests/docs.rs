//! The examples in the documentation run, and the reference names every function.

use std::path::Path;
use std::process::Command;
use todo_tests::functions::functions;
use todo_tests::{Database, Server, TO_ADOPT, admin, said, strings};

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
    let [install, in_a_schema, sql] = blocks(&readme, "sql").try_into().expect("three SQL examples");
    database.client.batch_execute(&sql).unwrap();
    let row = database.client.query_one("SELECT title, completed FROM tasks", &[]).unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("Buy bread", true));

    let [python] = blocks(&readme, "python").try_into().expect("one Python example");
    let [json] = blocks(&readme, "json").try_into().expect("what it prints");
    let interpreter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    let output = Command::new(interpreter).arg("-c").arg(&python).env("PGDATABASE", &database.name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), json);
    let row = database.client.query_one("SELECT completed FROM tasks WHERE title = 'Call mom'", &[]).unwrap();
    assert!(row.get::<_, bool>(0));

    // In a cluster of its own, for the name of the role, who then works.
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    for (database, install) in [("first", install), ("second", in_a_schema)] {
        postgres.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
        server.connect(database).batch_execute(&install).unwrap();
        let mut client = server.connect_as(database, "app");
        client.batch_execute(sql.split("INSERT INTO users").next().unwrap()).unwrap();
        assert_eq!(strings(&mut client, "SELECT name FROM todo_users"), ["Ada"]);
        drop(client);
        postgres.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
        postgres.batch_execute("DROP ROLE app").unwrap();
    }
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
    assert_eq!(rows.len(), functions().iter().filter(|function| function.is_todos()).count());
    for row in rows {
        let signature: String = row.get(0);
        assert!(reference.contains(&signature), "docs/reference.md does not describe {signature}");
    }
}

/// The page on versions, block by block, each on what it is about.
#[test]
fn the_steps_of_upgrading_adopting_dumping_and_leaving_run() {
    let page = read("docs/upgrading.md");
    let [versions, adopt, own_columns, guard, check, leave] =
        blocks(&page, "sql").try_into().expect("six SQL examples");
    let [dump] = blocks(&page, "sh").try_into().expect("one shell example");
    let version = "SELECT extversion FROM pg_extension WHERE extname = 'todo'";

    let mut database = Database::empty();
    database.client.batch_execute(&versions).unwrap();
    assert_eq!(strings(&mut database.client, version), ["0.2.0"]);

    let mut database = Database::empty();
    let client = &mut database.client;
    let user = "INSERT INTO users VALUES ('u1', 'a@b.cd', 'A', '!', '2020-01-01', '2020-01-01', true, true)";
    client.batch_execute(&format!("{}; ALTER TABLE users ADD image text; {user}", TO_ADOPT[1].1)).unwrap();
    client.batch_execute(&adopt).unwrap_err();
    client.batch_execute("ROLLBACK").unwrap();
    client.batch_execute(&own_columns).unwrap();
    client.batch_execute(&adopt).unwrap();
    assert_eq!(strings(client, version), ["1.0.0"]);
    assert_eq!(strings(client, "SELECT user_id FROM user_profiles"), ["u1"]);
    assert!(client.query(check.as_str(), &[]).unwrap().is_empty());
    client.batch_execute(&leave).unwrap();
    assert_eq!(strings(client, "SELECT id FROM users"), ["u1"]);
    client.batch_execute(&adopt).unwrap();
    client.batch_execute(&format!("DROP TABLE user_profiles; {guard}")).unwrap();
    assert_eq!(strings(client, "SELECT 1::text WHERE to_regclass('users') IS NOT NULL"), [""; 0]);

    // In a cluster of its own, for the names of the databases.
    let server = Server::start();
    server.connect("postgres").batch_execute("CREATE DATABASE app").unwrap();
    server.connect("app").batch_execute(&format!("CREATE EXTENSION todo; {user}")).unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&database.name);
    std::fs::create_dir_all(&dir).unwrap();
    let output =
        Command::new("sh").args(["-ec", &dump]).env("PGHOST", server.host()).current_dir(&dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(strings(&mut server.connect("app_restored"), "SELECT id FROM users"), ["u1"]);
    let restores: Vec<_> = page.split("`PGOPTIONS").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
    assert_eq!(restores.len(), 2, "over an existing database, and by several jobs");
    server.connect("postgres").batch_execute("DROP DATABASE app_restored").unwrap();
    server.connect("postgres").batch_execute("CREATE DATABASE app_restored").unwrap();
    for restore in restores {
        let restore = format!("PGOPTIONS{restore}");
        let output =
            Command::new("sh").args(["-ec", &restore]).env("PGHOST", server.host()).current_dir(&dir).output().unwrap();
        assert!(output.status.success(), "{restore}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(strings(&mut server.connect("app_restored"), "SELECT id FROM users"), ["u1"]);
    // What dumps leave out, written to a file and made again.
    let extra = "SET client_min_messages = error; CREATE INDEX own_index ON tasks (title)";
    server.connect("app").batch_execute(extra).unwrap();
    let commands: Vec<_> = page.split("`psql").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
    assert_eq!(commands.len(), 2, "to write the file, and to run it");
    for command in commands {
        let command = format!("psql{command}");
        let output =
            Command::new("sh").args(["-ec", &command]).env("PGHOST", server.host()).current_dir(&dir).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let made = "SELECT object FROM todo_not_in_dumps()";
    assert_eq!(strings(&mut server.connect("app_restored"), made), ["index own_index of public.tasks"]);
    std::fs::remove_dir_all(dir).unwrap();
}

/// The example of the format can be imported, and comes back as it is.
#[test]
fn the_example_of_the_format_is_one() {
    let [example] = blocks(&read("docs/todo-admin.md"), "json").try_into().expect("one JSON example");
    let database = Database::new();
    assert_eq!(said(admin(&database.name).args(["import", "-"]), &example).code, 0);
    assert_eq!(said(admin(&database.name).args(["export", "-"]), "").out, example);
}

/// Every command and option of todo-admin is in its page, and the page names no other.
#[test]
fn todo_admins_commands_are_documented() {
    let page = read("docs/todo-admin.md");
    let help = |arguments: &[&str]| said(admin("x").args(arguments).arg("--help"), "").out;
    let commands = |help: &str| -> Vec<String> {
        let lines =
            help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
        let words = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        words.filter(|word| *word != "help").map(str::to_owned).collect()
    };
    let all = commands(&help(&[]));
    assert!(all.len() >= 14, "{all:?}");
    for command in &all {
        assert!(page.contains(&format!("`{command}")), "{command}");
        let subcommands = commands(&help(&[command]));
        for subcommand in &subcommands {
            assert!(page.contains(subcommand.as_str()), "{command} {subcommand}");
        }
        let own = help(&[command]);
        let options =
            own.split_whitespace().filter(|word| word.starts_with("--")).map(|word| word.trim_end_matches([',', '.']));
        for option in options.filter(|option| !["--help", "--version"].contains(option)) {
            assert!(page.contains(option) || option == "--verbose", "{command} {option}");
        }
    }
}
