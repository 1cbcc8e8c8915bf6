//! Counts answers, and keeps those that must not happen.

use super::Who;
use std::collections::BTreeMap;
use std::fmt;

/// How a call ended.
pub enum Answer {
    Returned {
        rows: usize,
    },
    /// An error that the function may return.
    Refused(String),
    /// An error of an argument's type, or of the claims of the current user.
    NotCalled(String),
    Wrong,
}

/// The answers of one function to one role.
pub struct Report {
    who: Who,
    function: String,
    pub calls: usize,
    pub with_rows: usize,
    answers: BTreeMap<String, usize>,
}

impl Report {
    pub(super) fn new(who: Who, function: &str) -> Self {
        Self { who, function: function.to_owned(), calls: 0, with_rows: 0, answers: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, answer: Answer) {
        self.calls += 1;
        let key = match answer {
            Answer::Returned { rows } => {
                self.with_rows += usize::from(rows > 0);
                "returned".to_owned()
            }
            Answer::Refused(code) => code,
            Answer::NotCalled(code) => format!("{code} of a type"),
            Answer::Wrong => "WRONG".to_owned(),
        };
        *self.answers.entry(key).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let answers: Vec<String> = self.answers.iter().map(|(answer, count)| format!("{answer} {count}")).collect();
        write!(f, "{:?} {}: {} ({} with rows)", self.who, self.function, answers.join(", "), self.with_rows)
    }
}

/// Answers that must not happen, by kind, with the first example of each.
#[derive(Default)]
pub struct Findings(BTreeMap<(String, String), (usize, String)>);

impl Findings {
    pub(super) fn add(&mut self, function: &str, kind: &str, example: impl FnOnce() -> String) {
        let found = self.0.entry((function.to_owned(), kind.to_owned())).or_insert_with(|| (0, example()));
        found.0 += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, function: &str, kind: &str) -> bool {
        self.0.contains_key(&(function.to_owned(), kind.to_owned()))
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for ((function, kind), (count, example)) in &self.0 {
            writeln!(f, "{function}, {kind}, {count} times, first: {example}")?;
        }
        Ok(())
    }
}
