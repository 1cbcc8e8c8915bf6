//! The file format of `export` and `import`: JSON Lines. The header comes first, then users, then tasks. Times are in RFC 3339
//! format, in UTC.

use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::{self, IsTerminal, Write};

const FORMAT: &str = "todo";
/// The version of the file format.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
pub struct Header {
    /// Always `todo`.
    format: String,
    pub version: u32,
    users: u64,
    tasks: u64,
}

impl Header {
    /// A header of this version. With 0 for both numbers, it does not tell how many records follow.
    pub fn new(users: u64, tasks: u64) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, users, tasks }
    }

    /// Whether the file is an export of todo.
    pub fn is_of_todo(&self) -> bool {
        self.format == FORMAT
    }

    /// How many records follow; 0 if the header does not tell.
    pub fn records(&self) -> u64 {
        self.users.saturating_add(self.tasks)
    }
}

/// Any other line.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Record {
    User(User),
    Task(Task),
}

/// A row of the table users.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(deny_unknown_fields)]
pub struct User {
    pub id: String,
    pub email: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashed_password: Option<String>,
    #[serde(with = "utc")]
    pub created_at: NaiveDateTime,
    #[serde(with = "utc")]
    pub updated_at: NaiveDateTime,
    pub is_active: bool,
    pub email_verified: bool,
}

/// A row of the table tasks.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub id: i32,
    pub user_id: String,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    #[serde(with = "utc")]
    pub created_at: NaiveDateTime,
    #[serde(with = "utc")]
    pub updated_at: NaiveDateTime,
    #[serde(with = "utc_option")]
    pub completed_at: Option<NaiveDateTime>,
}

/// Writes a value as one line of JSON.
pub fn write_line(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A time of the database, which is in UTC.
pub fn time_text(time: NaiveDateTime) -> String {
    DateTime::<Utc>::from_naive_utc_and_offset(time, Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Whether RFC 3339 can represent a time: only those in the years 1 to 9999.
pub fn is_readable(time: NaiveDateTime) -> bool {
    (1..=9999).contains(&time.year())
}

/// Reads RFC 3339, with any offset.
fn parse_time(text: &str) -> Result<NaiveDateTime, String> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|_| format!("\"{text}\" is not a time in RFC 3339 format"))?;
    let time = time.naive_utc();
    if is_readable(time) { Ok(time) } else { Err(format!("\"{text}\" is outside the years 1 to 9999 in UTC")) }
}

/// How serde reads and writes a time.
mod utc {
    use super::*;

    pub fn serialize<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time_text(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDateTime, D::Error> {
        parse_time(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The same for a time that may be missing.
mod utc_option {
    use super::*;

    pub fn serialize<S: Serializer>(time: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(time_text).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDateTime>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.as_deref().map(parse_time).transpose().map_err(serde::de::Error::custom)
    }
}

/// A progress bar with the rate and the time left; only shown on a terminal.
pub fn progress(total: u64, unit: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = match unit {
        "bytes" => "{bar:40} {percent:>3} %  {bytes_per_sec}  {eta} left",
        _ => "{bar:40} {percent:>3} %  {per_sec}  {eta} left",
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
