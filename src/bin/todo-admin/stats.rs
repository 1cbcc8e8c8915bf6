//! `stats`: tasks completed on each day as a bar chart, the completion rate, and the median time to completion.

use crate::connect::Session;
use crate::error::Error;
use crate::far_times::warn_of_far_times;
use crate::installed::Installed;
use crate::message::{count, good};
use crate::output;
use crate::sql::{admin_sql, undisturbed};
use crate::user;
use chrono::NaiveDate;
use console::Term;
use indicatif::HumanDuration;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct Stats {
    /// Days in UTC. The last one is today.
    days: Vec<Day>,
    tasks: i64,
    completed: i64,
    /// The part of all tasks that is completed, unless there are no tasks.
    completion_rate: Option<f64>,
    median_seconds_to_completion: Option<f64>,
}

#[derive(Serialize)]
struct Day {
    day: NaiveDate,
    completed: i64,
}

/// Shows statistics on the tasks of one user, or of all, for the last `days` days.
pub fn show(session: &mut Session, user: Option<&str>, days: u16, json: bool) -> Result<(), Error> {
    let mut transaction = session.client.build_transaction().read_only(true).start()?;
    undisturbed(&mut transaction)?;
    let schema = Installed::schema_of_rows(&mut transaction)?;
    let id = user::id_of(&mut transaction, &schema, user)?;
    let rows = transaction.query(&admin_sql!("stats_days", &schema), &[&id, &i32::from(days)])?;
    let totals = transaction.query_one(&admin_sql!("stats_totals", &schema), &[&id])?;
    warn_of_far_times(&mut transaction, &schema, user)?;
    transaction.commit()?;
    let (tasks, completed): (i64, i64) = (totals.get("total"), totals.get("completed"));
    let stats = Stats {
        days: rows.iter().map(|row| Day { day: row.get("day"), completed: row.get("completed") }).collect(),
        tasks,
        completed,
        completion_rate: (tasks > 0).then(|| completed as f64 / tasks as f64),
        median_seconds_to_completion: totals.get("median_seconds"),
    };
    if json { output::json(&stats) } else { chart(&stats) }
}

fn chart(stats: &Stats) -> Result<(), Error> {
    let most = stats.days.iter().map(|day| day.completed).max().unwrap_or(0);
    let digits = most.to_string().len();
    // A line is a day, two blanks, the bar, a blank and the number.
    let room = usize::from(Term::stdout().size().1).saturating_sub(10 + 2 + 1 + digits).clamp(10, 60);
    for day in &stats.days {
        let bar = good(&bar(day.completed, most, room));
        output::line(format!("{}  {bar}{}{}", day.day, if day.completed > 0 { " " } else { "" }, day.completed))?;
    }
    let rate = stats.completion_rate.map_or("none yet".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let median = stats
        .median_seconds_to_completion
        .map_or("none yet".to_owned(), |seconds| HumanDuration(Duration::from_secs_f64(seconds)).to_string());
    output::line(format!(
        "completed {} of {} ({rate}), median time to completion: {median}",
        stats.completed,
        count(stats.tasks, "task")
    ))
}

/// A bar, exact to an eighth of a character. Any value above 0 can be seen.
fn bar(value: i64, most: i64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if value <= 0 || most <= 0 {
        return String::new();
    }
    let eighths = ((value as f64 / most as f64) * (room * 8) as f64).round().max(1.0) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
