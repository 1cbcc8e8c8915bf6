//! The examples in the documentation run, and the reference names every function.

use std::path::Path;
use std::process::Command;
use todo_tests::functions::functions;
use todo_tests::{Database, Server, TO_ADOPT, admin, current_version, said, strings};

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// What a page shows of psql: statements, each with the output that is printed below it.
fn session(text: &str) -> Vec<(String, String)> {
    let mut statements: Vec<(String, String)> = Vec::new();
    let blocks = blocks(text, "console").into_iter().filter(|block| block.starts_with("app=# ")).collect::<String>();
    for line in blocks.lines() {
        let prompts = ["app=# ", "app=> ", "app=*# ", "app=*> "];
        if let Some(statement) = prompts.iter().find_map(|prompt| line.strip_prefix(prompt)) {
            statements.push((statement.to_owned(), String::new()));
            continue;
        }
        let (statement, output) = statements.last_mut().expect("the first line has a prompt");
        match line.strip_prefix("app-# ") {
            Some(rest) => *statement += &format!("\n{rest}"),
            None => *output += &format!("{line}\n"),
        }
    }
    statements
}

/// Runs them in one psql, and compares what it prints.
fn repeat(page: &str, statements: &[(String, String)], server: &Server) {
    const NEXT: &str = "-- next";
    let input: String = statements.iter().map(|(statement, _)| format!("\\echo {NEXT}\n{statement}\n")).collect();
    let mut psql = Command::new("sh");
    psql.args(["-c", "exec psql -X 2>&1"]).env("PGHOST", server.host()).env("PGDATABASE", "app");
    let out = said(&mut psql, &input).out;
    let printed: Vec<&str> = out.split(&format!("{NEXT}\n")).skip(1).collect();
    assert_eq!(printed.len(), statements.len(), "{page}: {out}");
    for ((statement, shown), printed) in statements.iter().zip(printed) {
        let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(shown), lines(printed), "{page}: {statement}");
    }
}

/// Digits and the ids of users differ from run to run.
fn masked(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.len() == 36 && word.matches('-').count() == 4 {
        true => "ID".to_owned(),
        false => word
            .replace(|c: char| c.is_ascii_digit(), "0")
            .split('0')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("0"),
    });
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// The commands of the operators' pages, run as they stand there, on data that calls for what they show.
#[test]
fn todo_admin_prints_what_the_pages_show() {
    const DATA: &str = "INSERT INTO users (email, name, hashed_password) VALUES ('ada@example.com', 'Ada Lovelace', todo_hash_password('correct horse'));
        INSERT INTO tasks (user_id, title) SELECT id, title FROM users, unnest(ARRAY['one', 'two']) AS t (title);
        SET client_min_messages = error; CREATE INDEX ix_tasks_title ON tasks (title); ALTER TABLE tasks ENABLE ROW LEVEL SECURITY";
    const BAD_LINES: &str = r#"{"format":"todo","version":1,"users":1,"tasks":1}
        {"type":"user","id":"bob","name":"Bob","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","is_active":true,"email_verified":false}
        {"type":"task","id":1,"user_id":"nobody","title":"x","description":null,"completed":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","completed_at":null}"#;
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    postgres.batch_execute("CREATE ROLE app LOGIN; CREATE ROLE owner LOGIN").unwrap();
    postgres.batch_execute("CREATE DATABASE cloud OWNER owner").unwrap();
    postgres.batch_execute("CREATE DATABASE other").unwrap();
    server.connect("other").batch_execute("CREATE EXTENSION todo").unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{}", std::process::id()));
    for page in ["docs/todo-admin.md", "docs/backup.md"] {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("in.jsonl"), BAD_LINES).unwrap();
        postgres.batch_execute("CREATE DATABASE app").unwrap();
        let text = read(page).replace("/srv/backups", dir.to_str().unwrap());
        let shown: String = blocks(&text, "console").concat();
        let mut archive = String::new();
        if !shown.contains("install\n") {
            let bob = "INSERT INTO users (email, name) VALUES ('bob@example.com', 'Bob')";
            server.connect("app").batch_execute(&format!("CREATE EXTENSION todo; {DATA}; {bob}")).unwrap();
        }
        let mut commands = 0;
        for command in shown.split("$ ").skip(1) {
            let (command, expected) = command.split_once('\n').unwrap();
            // The page's archive is called after another time.
            let command = match command.split(' ').find(|word| word.ends_with(".dump")) {
                Some(named) => command.replace(named, &archive),
                None => command.to_owned(),
            };
            let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/package");
            let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &format!("{command} 2>&1")])
                .env("PATH", path)
                .env("PGHOST", server.host())
                .current_dir(&dir);
            let out = said(&mut shell, "").out;
            if let Some(made) = out.lines().find_map(|line| Some(line.split_once(".dump: ")?.0)) {
                archive = format!("{made}.dump");
            }
            if command.ends_with("install") {
                server.connect("app").batch_execute(DATA).unwrap();
            }
            let lines = |text: &str| {
                let own = text.lines().filter(|line| !line.starts_with("PostgreSQL "));
                own.map(masked).collect::<Vec<_>>()
            };
            assert_eq!(lines(expected), lines(&out), "{page}: {command}");
            commands += 1;
        }
        assert!(commands > 1, "{page}: {commands}");
        postgres.batch_execute("DROP DATABASE app").unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

/// Each page in a database of its own, as the README leaves it: with the extension, and a role that may use it.
#[test]
fn psql_prints_what_the_pages_show() {
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let files = std::fs::read_dir(docs).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    let pages =
        files.map(|file| format!("docs/{}", file.file_name().to_str().unwrap())).chain(["README.md".to_owned()]);
    let mut shown = 0;
    for page in pages {
        let statements = session(&read(&page));
        if statements.is_empty() {
            continue;
        }
        shown += 1;
        postgres.batch_execute("CREATE DATABASE app").unwrap();
        let prepare = "CREATE EXTENSION todo; CREATE ROLE app LOGIN; SELECT todo_grant('app')";
        server.connect("app").batch_execute(prepare).unwrap();
        repeat(&page, &statements, &server);
        postgres.batch_execute("DROP DATABASE app").unwrap();
        postgres.batch_execute("DROP ROLE app").unwrap();
    }
    assert!(shown > 1, "{shown} pages with psql");
}

#[test]
fn the_readmes_examples_run() {
    let readme = read("README.md");
    let mut database = Database::new();
    let [install, in_a_schema, leave] = blocks(&readme, "sql").try_into().expect("three SQL examples");
    let [python] = blocks(&readme, "python").try_into().expect("one Python example");
    let [printed] = blocks(&readme, "text").try_into().expect("what it prints");
    let interpreter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    let output = Command::new(interpreter).arg("-c").arg(&python).env("PGDATABASE", &database.name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), printed);
    let row = database.client.query_one("SELECT completed FROM tasks WHERE title = 'Call mom'", &[]).unwrap();
    assert!(row.get::<_, bool>(0));
    database.client.batch_execute(&leave).unwrap();
    assert_eq!(strings(&mut database.client, "SELECT name FROM users"), ["Eve"]);

    // In a cluster of its own, for the name of the role, who then works.
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    for (database, install) in [("first", install), ("second", in_a_schema)] {
        postgres.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
        server.connect(database).batch_execute(&install).unwrap();
        let mut client = server.connect_as(database, "app");
        client.batch_execute("SELECT todo_create_user('ada@example.com', 'Ada', 'correct horse')").unwrap();
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
            "SELECT format('`%s(%s)`', proname, replace(regexp_replace(replace(pg_get_function_arguments(oid), ' DEFAULT ', ' = '), '::[a-z ]+', '', 'g'), ' without time zone', ''))
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
    let [versions, build, adopt, own_columns, guard, leave] =
        blocks(&page, "sql").try_into().expect("six SQL examples");
    let [dump, over_an_existing_one, by_jobs, extras] = blocks(&page, "sh").try_into().expect("four shell examples");
    let version = "SELECT extversion FROM pg_extension WHERE extname = 'todo'";

    let mut database = Database::empty();
    database.client.batch_execute(&versions).unwrap();
    assert_eq!(strings(&mut database.client, version), ["0.2.0"]);

    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute("CREATE EXTENSION todo VERSION '1.0.0'").unwrap();
    let indexes: Vec<&str> = build.split(';').map(str::trim).filter(|statement| !statement.is_empty()).collect();
    assert_eq!(indexes.len(), 2);
    for index in indexes {
        client.batch_execute(index).unwrap();
    }
    client.batch_execute("ALTER EXTENSION todo UPDATE").unwrap();
    assert!(client.query("SELECT FROM todo_check() WHERE NOT ok", &[]).unwrap().is_empty());

    let mut database = Database::empty();
    let client = &mut database.client;
    let user = "INSERT INTO users VALUES ('u1', 'a@b.cd', 'A', '!', '2020-01-01', '2020-01-01', true, true)";
    client.batch_execute(&format!("{}; ALTER TABLE users ADD image text; {user}", TO_ADOPT[1].1)).unwrap();
    client.batch_execute(&adopt).unwrap_err();
    client.batch_execute("ROLLBACK").unwrap();
    client.batch_execute(&own_columns).unwrap();
    client.batch_execute(&adopt).unwrap();
    assert_eq!(strings(client, version), [current_version()]);
    assert_eq!(strings(client, "SELECT user_id FROM user_profiles"), ["u1"]);
    assert!(client.query("SELECT FROM todo_check() WHERE NOT ok", &[]).unwrap().is_empty());
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
    let run = |commands: &str| {
        let output =
            Command::new("sh").args(["-ec", commands]).env("PGHOST", server.host()).current_dir(&dir).output().unwrap();
        assert!(output.status.success(), "{commands}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(&dump);
    assert_eq!(strings(&mut server.connect("app_restored"), "SELECT id FROM users"), ["u1"]);
    run(&over_an_existing_one);
    assert_eq!(strings(&mut server.connect("app"), "SELECT id FROM users"), ["u1"]);
    server.connect("postgres").batch_execute("DROP DATABASE app_restored").unwrap();
    server.connect("postgres").batch_execute("CREATE DATABASE app_restored").unwrap();
    run(&by_jobs);
    assert_eq!(strings(&mut server.connect("app_restored"), "SELECT id FROM users"), ["u1"]);
    // What dumps leave out, written to a file and made again.
    let extra = "SET client_min_messages = error; CREATE INDEX own_index ON tasks (title)";
    server.connect("app").batch_execute(extra).unwrap();
    run(&extras);
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

/// What a link to a heading calls it: its words in lower case, joined by hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

/// A page without its code.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs =
        std::fs::read_dir(top.join("docs")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let front = ["docs/example/README.md", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(|name| top.join(name));
    let mut links = 0;
    for page in docs.chain(front) {
        let text = prose(&std::fs::read_to_string(&page).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https:") {
                continue;
            }
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let there = prose(&std::fs::read_to_string(&target).unwrap());
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line.trim_start_matches('#')) == heading);
                assert!(found, "{}: {link}", page.display());
            }
        }
    }
    assert!(links > 50, "{links} links");
}

/// Each promise is shown by a test that is there, or by a command.
#[test]
fn the_page_on_reliability_names_tests() {
    let page = read("docs/reliability.md");
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let last = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        for name in last.split('`').skip(1).step_by(2).filter(|name| !name.starts_with("make ")) {
            let (file, test) = name.split_once("::").unwrap_or((name, ""));
            let code = read(&format!("pgrx-tests/tests/{file}.rs"));
            assert!(test.is_empty() || code.contains(&format!("\nfn {test}()")), "{name}");
            named += 1;
        }
    }
    assert!(named > 40, "{named} tests");
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
        let options = own
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
            .map(|word| word.trim_end_matches([',', '.']))
            .map(|word| word.split('[').next().unwrap_or(word));
        for option in options.filter(|option| !["--help", "--version"].contains(option)) {
            assert!(page.contains(option) || option == "--verbose", "{command} {option}");
        }
    }
}
