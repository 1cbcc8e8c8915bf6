//! The pages of the documentation, as the tests read them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file of the repository, by its path from the top.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The text of this file.
#[track_caller]
pub fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The code blocks of a page in this language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A page without its code blocks.
pub fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// What is between backticks in the text of a page.
pub fn code(text: &str) -> Vec<String> {
    prose(text).lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The cells of the tables in the section with this heading.
#[track_caller]
pub fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let section = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no section {heading}")).1;
    let lines = section.lines().take_while(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(str::to_owned).collect()).collect()
}

/// The statements that a page shows in psql, each with the output below it.
pub fn session(text: &str) -> Vec<(String, String)> {
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

/// Fails if a page shows something that is not there, or lacks something that is. Prints only the difference, because the lists are long.
#[track_caller]
pub fn same(page: &str, shown: BTreeSet<String>, there: BTreeSet<String>) {
    let (missing, unknown) = (&there - &shown, &shown - &there);
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{page} lacks {missing:#?} and has {unknown:#?}, which is not there"
    );
    assert!(!shown.is_empty());
}
