//! The pages for operators show what `todo-admin` prints, and list every command and option.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use todo_tests::docs::{blocks, code, file, read, same, table};
use todo_tests::relocation::fill;
use todo_tests::shards::Shards;
use todo_tests::{Database, Server, TO_ADOPT, admin, said};

/// Every command on these pages is run.
const PAGES: [&str; 3] = ["docs/todo-admin.md", "docs/backup.md", "docs/scale-out.md"];
/// The picture of some commands and their output.
const PICTURE: &str = "docs/todo-admin.svg";

fn update() -> bool {
    std::env::var_os("UPDATE_FIXTURES").is_some()
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

fn comparable(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.starts_with("PostgreSQL ")).map(masked).collect()
}

/// Runs the commands of a page, and compares what they print. `UPDATE_FIXTURES=1` writes it into the page.
fn replay(page: &str, mut run: impl FnMut(&str) -> String) {
    let text = read(page);
    let mut written = String::new();
    let mut lines = text.lines().peekable();
    let (mut in_console, mut commands) = (false, 0);
    while let Some(line) = lines.next() {
        written += &format!("{line}\n");
        if line.starts_with("```") {
            in_console = line == "```console";
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else { continue };
        let mut shown = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")) {
            shown += &format!("{line}\n");
        }
        let printed = run(command);
        let is_shown = comparable(&shown) == comparable(&printed);
        assert!(is_shown || update(), "{page}: {command}\n{shown}--- prints:\n{printed}");
        written += &printed;
        commands += 1;
    }
    assert!(commands > 1, "{page}: {commands}");
    if update() {
        std::fs::write(file(page), written).unwrap();
    }
}

/// A shell command with `todo-admin` on its path.
fn shell(command: &str, dir: &Path, host: &str) -> Command {
    let path = format!("{}:{}", file("target/package").display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {command}; }} 2>&1")]).env("PATH", path).env("PGHOST", host).current_dir(dir);
    shell
}

/// The commands run on data for which they print what the pages show.
#[test]
fn todo_admin_prints_what_the_pages_show() {
    const DATA: &str = "INSERT INTO users (email, name, hashed_password, created_at)
            VALUES ('ada@example.com', 'Ada Lovelace', todo_hash_password('correct horse'), '2026-01-01'),
                ('eve@example.com', 'Eve', todo_hash_password('battery staple'), '2026-01-02');
        INSERT INTO tasks (user_id, title) SELECT id, title FROM users, unnest(ARRAY['one', 'two']) AS t (title) WHERE name <> 'Eve';
        INSERT INTO tasks (user_id, title, completed, created_at, completed_at)
            SELECT u.id, 'task ' || i, true, at - interval '5 hours', at
            FROM users AS u, unnest(ARRAY[1, 1, 1, 2, 4, 4, 4, 4, 4]) AS i,
                LATERAL (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') - i * interval '1 day' + interval '12 hours') AS t (at)
            WHERE u.name = 'Eve';
        SET client_min_messages = error; CREATE INDEX ix_tasks_title ON tasks (title); ALTER TABLE tasks ENABLE ROW LEVEL SECURITY";
    const BAD_LINES: &str = r#"{"format":"todo","version":1,"users":1,"tasks":1}
        {"type":"user","id":"bob","name":"Bob","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","is_active":true,"email_verified":false}
        {"type":"task","id":1,"user_id":"nobody","title":"x","description":null,"completed":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","completed_at":null}"#;
    let server = Server::start();
    let mut postgres = server.connect("postgres");
    postgres.batch_execute("CREATE ROLE app LOGIN; CREATE ROLE owner LOGIN").unwrap();
    for database in ["cloud OWNER owner", "other", "older", "existing"] {
        postgres.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    }
    server.connect("other").batch_execute("CREATE EXTENSION todo").unwrap();
    server.connect("older").batch_execute("CREATE EXTENSION todo VERSION '1.0.0'").unwrap();
    server.connect("existing").batch_execute(TO_ADOPT[0].1).unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{}", std::process::id()));
    for page in &PAGES[..2] {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("in.jsonl"), BAD_LINES).unwrap();
        postgres.batch_execute("CREATE DATABASE app").unwrap();
        if *page == "docs/backup.md" {
            server.connect("app").batch_execute(&format!("CREATE EXTENSION todo; {DATA}")).unwrap();
        }
        // The archive is named after the time of the backup, so its name differs from that on the page.
        let text = read(page);
        let named =
            text.split(['/', ' ']).find_map(|word| word.split_once(".dump:")).map_or("no archive", |(name, _)| name);
        let (mut archive, mut pictured) = (named.to_owned(), String::new());
        replay(page, |command| {
            let command = command.replace(named, &archive).replace("/srv/backups", dir.to_str().unwrap());
            let out = said(&mut shell(&command, &dir, server.host()), "").out;
            if let Some((made, _)) = out.split(['/', ' ']).find_map(|word| word.split_once(".dump:")) {
                archive = made.to_owned();
            }
            if command == "todo-admin --dsn app install" {
                server.connect("app").batch_execute(DATA).unwrap();
            }
            if command.contains(" stats") || command == "todo-admin --dsn app doctor" {
                let colored = said(shell(&command, &dir, server.host()).env("CLICOLOR_FORCE", "1"), "").out;
                pictured += &format!("$ {command}\n{colored}");
            }
            out.replace(dir.to_str().unwrap(), "/srv/backups").replace(&archive, named)
        });
        if !pictured.is_empty() {
            is_the_picture(&picture(&pictured));
        }
        postgres.batch_execute("DROP DATABASE app").unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

/// Two shards and a directory on two servers, and a third one to move to.
#[test]
fn todo_admin_shards_prints_what_the_page_shows() {
    let cluster = Shards::new("scale-out-page", 3, &[("todo_0", "a"), ("todo_1", "b")]);
    for server in &cluster.servers {
        server.connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
        server.restart(&[]);
    }
    let mut list = cluster.list();
    list["directory"] = serde_json::json!({"database": "todo_directory", "server": "a"});
    cluster.write_text(&list.to_string());
    replay(PAGES[2], |command| {
        if command == "todo-admin shards status" {
            fill(&cluster, 5);
        }
        let dir = cluster.dir.to_str().unwrap();
        let out = said(&mut shell(&command.replace("/srv/backups", dir), &cluster.dir, "nowhere"), "").out;
        out.replace(dir, "/srv/backups")
    });
}

/// What a terminal of 120 columns shows, as SVG.
fn picture(text: &str) -> String {
    const COLUMNS: usize = 120;
    let mut rows: Vec<String> = Vec::new();
    for line in text.lines() {
        let (mut row, mut column) = (String::new(), 0);
        for (number, part) in line.split("\u{1b}[").enumerate() {
            let (style, part) = if number == 0 { ("0", part) } else { part.split_once('m').expect("a style") };
            let class = match style {
                "0" => "",
                "2" => "dim",
                "32" => "good",
                "31;1" => "bad",
                other => panic!("style {other}"),
            };
            let mut letters = part.chars().peekable();
            while letters.peek().is_some() {
                if column == COLUMNS {
                    rows.push(std::mem::take(&mut row));
                    column = 0;
                }
                let piece: String = letters.by_ref().take(COLUMNS - column).collect();
                column += piece.chars().count();
                let piece = piece.replace('&', "&amp;").replace('<', "&lt;");
                row += &if class.is_empty() { piece } else { format!("<tspan class=\"{class}\">{piece}</tspan>") };
            }
        }
        rows.push(row);
    }
    let (width, height) = (COLUMNS * 17 / 2 + 32, rows.len() * 20 + 24);
    let lines = rows.iter().enumerate().map(|(n, row)| format!("<text x=\"16\" y=\"{}\">{row}</text>\n", n * 20 + 26));
    let lines: String = lines.collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" xml:space=\"preserve\">
<style>text {{ font: 14px monospace; fill: #e6edf3; white-space: pre }} .good {{ fill: #3fb950 }} .bad {{ fill: #ff7b72; font-weight: bold }} .dim {{ fill: #8b949e }}</style>
<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>
{lines}</svg>
"
    )
}

/// Compares a picture with that of the page. `UPDATE_FIXTURES=1` writes it anew.
fn is_the_picture(drawn: &str) {
    if update() {
        std::fs::write(file(PICTURE), drawn).unwrap();
    }
    assert_eq!(comparable(&read(PICTURE)), comparable(drawn), "{PICTURE}");
}

/// The example of the format can be imported, and comes back as it is.
#[test]
fn the_example_of_the_format_is_one() {
    let [example] = blocks(&read(PAGES[0]), "json").try_into().expect("one JSON example");
    let database = Database::new();
    assert_eq!(said(admin(&database.name).args(["import", "-"]), &example).code, 0);
    assert_eq!(said(admin(&database.name).args(["export", "-"]), "").out, example);
}

/// What `--help` of a command lists: commands, and options by their long names.
fn help(path: &str) -> (Vec<String>, BTreeSet<String>) {
    let text = said(admin("x").args(path.split_whitespace()).arg("--help"), "").out;
    let list = |heading: &'static str| {
        text.lines()
            .skip_while(move |line| *line != heading)
            .skip(1)
            .take_while(|line| line.is_empty() || line.starts_with(' '))
    };
    let commands = list("Commands:").filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands = commands.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help");
    let options = list("Options:").map(str::trim_start).filter(|line| line.starts_with('-'));
    let options = options.filter_map(|line| line.split([' ', '[', '=']).find(|word| word.starts_with("--")));
    (commands.map(str::to_owned).collect(), options.map(str::to_owned).collect())
}

/// All commands with their options, except for those that they share with the command that they belong to.
fn all_commands() -> BTreeMap<String, BTreeSet<String>> {
    fn add(path: &str, inherited: &BTreeSet<String>, found: &mut BTreeMap<String, BTreeSet<String>>) {
        let (commands, options) = help(path);
        if !path.is_empty() {
            found.insert(path.to_owned(), options.difference(inherited).cloned().collect());
        }
        for command in commands {
            // Commands do not have the program's option --version.
            let inherited = options.iter().filter(|option| *option != "--version").cloned().collect();
            add(format!("{path} {command}").trim_start(), &inherited, found);
        }
    }
    let mut found = BTreeMap::new();
    add("", &BTreeSet::new(), &mut found);
    assert!(found.len() > 30, "{found:?}");
    found
}

/// The command at the beginning of these words.
fn command_of<'a>(words: impl Iterator<Item = &'a str>, all: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut path = String::new();
    for word in words {
        let longer = format!("{path} {word}").trim_start().to_owned();
        if !all.contains_key(&longer) {
            break;
        }
        path = longer;
    }
    path
}

/// The pages' tables have every command with its options, and no other.
#[test]
fn todo_admins_commands_are_documented() {
    let all = all_commands();
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for page in ["docs/todo-admin.md", "docs/scale-out.md"] {
        let text = read(page);
        for usage in table(&text, "## Commands").iter().flat_map(|row| code(&row[0])) {
            let command = command_of(usage.split(' '), &all);
            assert!(!command.is_empty(), "{page}: {usage}");
            let options = usage.split([' ', '[', ']', '=']).filter(|word| word.starts_with("--")).map(str::to_owned);
            shown.entry(command).or_default().extend(options);
        }
        // All options that the text names must exist.
        let general = help("").1;
        let known: BTreeSet<&String> = all.values().flatten().chain(&general).collect();
        let words = code(&text).join(" ");
        for option in words.split([' ', '[', ']', '=', ',']).filter(|word| word.starts_with("--") && word.len() > 2) {
            assert!(known.contains(&option.to_owned()), "{page} names {option}");
        }
        let missing: Vec<&String> = general.iter().filter(|option| !words.contains(*option)).collect();
        assert!(page != "docs/todo-admin.md" || missing.is_empty(), "{page} lacks {missing:?}");
    }
    // The command `user` only has subcommands.
    let lines = |commands: BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
        let line = |(command, options): (_, BTreeSet<_>)| format!("{command} {}", Vec::from_iter(options).join(" "));
        commands.into_iter().filter(|(command, _)| command != "user").map(line).collect()
    };
    same("docs", lines(shown), lines(all));
}

/// Each command is run on a page, with its output.
#[test]
fn each_command_of_todo_admin_is_shown() {
    let all = all_commands();
    let shown: String = PAGES.map(|page| blocks(&read(page), "console").concat()).concat();
    let calls =
        shown.lines().filter(|line| line.starts_with("$ ")).filter_map(|line| line.split_once("todo-admin ")?.1.into());
    let run: BTreeSet<String> = calls
        .map(|call: &str| {
            // Skip the database, which may be in quotes, and --trust-owner.
            let call = call.strip_prefix("--dsn ").map_or(call, |call| match call.strip_prefix('\'') {
                Some(quoted) => quoted.split_once("' ").expect("another quote").1,
                None => call.split_once(' ').expect("a command").1,
            });
            command_of(call.split(' ').skip_while(|word| word.starts_with("--")), &all)
        })
        .collect();
    let missing: Vec<&String> = all
        .keys()
        .filter(|command| !run.contains(*command) && !["user", "shards"].contains(&command.as_str()))
        .collect();
    assert!(missing.is_empty(), "no page shows {missing:?}");
}
