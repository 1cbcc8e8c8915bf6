//! Standard output: lines, tables for people, and JSON for programs.

use crate::error::Error;
use crate::message::{dim, printable};
use console::{Alignment, Term, measure_text_width, pad_str, truncate_str};
use serde::Serialize;
use std::io::Write;

/// Writes to standard output. If the reader has closed it, this fails, which ends the command.
pub fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Error::from)
}

/// Writes a line to standard output.
pub fn line(text: impl AsRef<str>) -> Result<(), Error> {
    write(format!("{}\n", text.as_ref()).as_bytes())
}

/// Reports what has been done, or what will be. The work continues even if no one reads it.
pub fn say(text: impl AsRef<str>) {
    let _ = line(text);
}

/// Writes a value as JSON.
pub fn json(value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(Error::new)?;
    line(text)
}

/// Columns side by side under a head, each as wide as its widest cell. If the terminal is too narrow for all of them, the
/// first two are cut.
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
            pad_str(&cell, width, Alignment::Left, None).into_owned()
        });
        fitted.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = dim(&render(head));
    for row in rows {
        text += &render(std::array::from_fn(|column| row[column].as_str()));
    }
    write(text.as_bytes())
}

/// Makes the wider of the first two columns narrower until all of them fit, with two blanks in between.
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

/// Names and values, one pair on each line.
pub fn list(entries: &[(&str, String)]) -> Result<(), Error> {
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let text: String = entries.iter().map(|(name, value)| format!("{name:width$}  {}\n", printable(value))).collect();
    write(text.as_bytes())
}
