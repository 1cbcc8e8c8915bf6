//! The page of `todo-admin` shows what it prints, and has every command and option.

use std::path::Path;
use std::process::Command;
use todo_tests::docs::{blocks, read};
use todo_tests::{Database, Server, admin, said};

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
