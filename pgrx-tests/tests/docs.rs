//! The examples in the documentation work, and its links lead somewhere. `reference` and `admin_page` test further pages.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use todo_tests::docs::{blocks, code, file, prose, read, same, session};
use todo_tests::{Database, Server, TO_ADOPT, current_version, said, strings};

/// Runs statements in one psql, and compares its output.
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

    // The role has a name of its own in a cluster of its own. It then uses the functions.
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

/// The blocks of the page on versions run, each on a database to which it applies.
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

    // The databases have the page's names, so the cluster is one of its own.
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
    // What dumps leave out is written to a file, and created again from it.
    let extra = "SET client_min_messages = error; CREATE INDEX own_index ON tasks (title)";
    server.connect("app").batch_execute(extra).unwrap();
    run(&extras);
    let made = "SELECT object FROM todo_not_in_dumps()";
    assert_eq!(strings(&mut server.connect("app_restored"), made), ["index own_index of public.tasks"]);
    std::fs::remove_dir_all(dir).unwrap();
}

/// The anchor of a heading: its words in lower case, joined by hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
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

/// The menu of the site and the table of contents list each page.
#[test]
fn each_page_is_in_the_summary() {
    let linked = |list: &str| -> BTreeSet<String> {
        let text = read(list);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        links.filter(|link| link.ends_with(".md")).map(str::to_owned).collect()
    };
    let files = std::fs::read_dir(file("docs")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let own = files.filter(|name| name.ends_with(".md") && name != "SUMMARY.md");
    let pages: BTreeSet<String> = own.chain(["example/README.md".to_owned()]).collect();
    let outside = ["README", "CONTRIBUTING", "CHANGELOG", "SECURITY"].map(|name| format!("../{name}.md"));
    same("docs/SUMMARY.md", linked("docs/SUMMARY.md"), pages.iter().cloned().chain(outside).collect());
    let itself = ["README.md".to_owned()].into();
    same(
        "docs/README.md",
        linked("docs/README.md").into_iter().filter(|link| !link.starts_with("../")).collect(),
        &pages - &itself,
    );
}

/// The image of docs/docker uses the project's versions. It is built with the Makefile, as other pages say.
#[test]
fn the_image_and_the_pages_follow_the_project() {
    let (image, compose, manifest) =
        (read("docs/docker/Dockerfile"), read("docs/docker/compose.yaml"), read("Cargo.toml"));
    let majors = manifest.lines().filter_map(|line| line.strip_prefix("pg")?.split(' ').next()?.parse::<u32>().ok());
    let newest = majors.max().unwrap();
    assert!(image.contains(&format!("\nARG PG={newest}\n")), "{newest}");
    assert!(compose.contains(&format!(" PG: {newest}\n")), "{newest}");
    let rust = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"')).unwrap();
    assert!(image.contains(&format!("\nFROM rust:{rust}-")), "{rust}");
    let makefile = read("Makefile");
    let page = read("docs/installing.md");
    let in_pages = code(&page).into_iter().chain(blocks(&page, "sh")).collect::<Vec<_>>().join("\n");
    let in_image = image.lines().filter_map(|line| line.strip_prefix("RUN ")).collect::<Vec<_>>().join("\n");
    let commands = [in_pages, in_image].join("\n");
    let mut targets = 0;
    for command in commands.split(['\n', '&']).map(|command| command.trim().trim_start_matches("sudo ")) {
        let Some(words) = command.strip_prefix("make ") else { continue };
        for target in words.split(' ').filter(|word| !word.contains('=')) {
            assert!(makefile.contains(&format!("\n{target}:")), "{command}");
            targets += 1;
        }
    }
    assert!(targets > 5, "{targets} targets");
}

/// For each promise, the page on reliability names a test that exists, or a command.
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
