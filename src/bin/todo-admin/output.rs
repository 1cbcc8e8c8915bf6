//! What goes to standard output: tables for people, JSON for programs. Colours only on a terminal without `NO_COLOR`.

use crate::connect::prompting;
use crate::error::Error;
use console::{Term, measure_text_width, pad_str, truncate_str};
use serde::Serialize;
use std::io::{BufRead, Write};

/// Writes to standard output; a reader who has gone ends the command.
pub fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Error::from)
}

pub fn line(text: impl AsRef<str>) -> Result<(), Error> {
    write(format!("{}\n", text.as_ref()).as_bytes())
}

/// Says what has been, or will be, done. Nobody may be there to read it: the work goes on.
pub fn say(text: impl AsRef<str>) {
    let _ = line(text);
}

/// A line on standard error; nobody may be there to read it.
pub fn complain(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// What the operator should know, although the command succeeds.
pub fn warn(text: &str) {
    complain(&format!("todo-admin: warning: {}", printable(text)));
}

/// How many there are of something: "1 user", "2 users".
pub fn count(number: i64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Asks on the terminal; anything but yes is no.
pub fn confirm(question: &str) -> Result<bool, Error> {
    let _ = write!(anstream::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    prompting(|| std::io::stdin().lock().read_line(&mut answer))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

pub fn json(value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(Error::new)?;
    line(text)
}

/// Columns side by side under a head, each as wide as its widest cell. The first two give way where a terminal is too narrow
/// for all of them.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> Result<(), Error> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| measure_text_width(&row[column]));
        cells.max().unwrap_or(0).max(head[column].len())
    };
    let mut widths: [usize; N] = std::array::from_fn(width);
    let terminal = Term::stdout();
    if terminal.is_term() {
        shrink(&mut widths, usize::from(terminal.size().1));
    }
    let render = |cells: [&str; N]| {
        let fitted = cells.iter().zip(widths).map(|(cell, width)| {
            let cell = truncate_str(cell, width, "\u{2026}").into_owned();
            pad_str(&cell, width, console::Alignment::Left, None).into_owned()
        });
        fitted.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = dim(&render(head));
    for row in rows {
        text += &render(std::array::from_fn(|column| row[column].as_str()));
    }
    write(text.as_bytes())
}

/// Makes the wider of the first two columns narrower until all fit, two blanks between them.
fn shrink<const N: usize>(widths: &mut [usize; N], room: usize) {
    const NARROWEST: usize = 8;
    while widths.iter().sum::<usize>() + 2 * (N - 1) > room {
        let wider = usize::from(widths[1] > widths[0]);
        if widths[wider] <= NARROWEST {
            return;
        }
        widths[wider] -= 1;
    }
}

/// Names and values below each other.
pub fn list(entries: &[(&str, String)]) -> Result<(), Error> {
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let text: String = entries.iter().map(|(name, value)| format!("{name:width$}  {}\n", printable(value))).collect();
    write(text.as_bytes())
}

/// A value from the database without characters that a terminal would act on.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

pub fn dim(text: &str) -> String {
    styled("2", text)
}

pub fn good(text: &str) -> String {
    styled("32", text)
}

pub fn bad(text: &str) -> String {
    styled("31;1", text)
}

/// Colours are taken out again on the way to anything but a terminal.
fn styled(code: &str, text: &str) -> String {
    let (text, end) = text.strip_suffix('\n').map_or((text, ""), |text| (text, "\n"));
    format!("\u{1b}[{code}m{text}\u{1b}[0m{end}")
}
