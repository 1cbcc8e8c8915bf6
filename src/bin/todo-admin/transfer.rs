//! The format of `export` and `import`: JSON Lines, a header first, then users, then tasks. Times are RFC 3339 in UTC.

use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::IsTerminal;

pub const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
pub struct Header {
    /// Always `todo`.
    pub format: String,
    pub version: u32,
    pub users: u64,
    pub tasks: u64,
}

/// Any other line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Record {
    User(User),
    Task(Task),
}

#[derive(Serialize, Deserialize)]
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

#[derive(Serialize, Deserialize)]
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

/// A time of the database, which is UTC, to the microsecond.
pub fn time_text(time: NaiveDateTime) -> String {
    DateTime::<Utc>::from_naive_utc_and_offset(time, Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Whether RFC 3339 and clients can say it: in the years 1 to 9999.
pub fn is_readable(time: NaiveDateTime) -> bool {
    (1..=9999).contains(&time.year())
}

/// RFC 3339 with any offset.
fn parse_time(text: &str) -> Result<NaiveDateTime, String> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|_| format!("\"{text}\" is not a time in RFC 3339 format"))?;
    let time = time.naive_utc();
    if is_readable(time) { Ok(time) } else { Err(format!("\"{text}\" is outside the years 1 to 9999 in UTC")) }
}

pub mod utc {
    use super::*;

    pub fn serialize<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time_text(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDateTime, D::Error> {
        parse_time(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

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

/// A bar with rate and time left, on a terminal; nothing elsewhere.
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
