//! What the operator reads on standard error, and text for any terminal.

use std::io::Write;

/// Writes a line to standard error. The work continues even if no one reads it.
pub fn complain(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Warns about something that does not make the command fail.
pub fn warn(text: &str) {
    complain(&format!("todo-admin: warning: {}", printable(text)));
}

/// A text without the characters that a terminal would act on.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A number with its noun: "1 user", "2 users".
pub fn count(number: i64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Text of less importance.
pub fn dim(text: &str) -> String {
    styled("2", text)
}

/// A good outcome, in green.
pub fn good(text: &str) -> String {
    styled("32", text)
}

/// A bad outcome, in red.
pub fn bad(text: &str) -> String {
    styled("31;1", text)
}

/// Colors are removed again on the way to anything but a terminal, and where `NO_COLOR` is set.
fn styled(code: &str, text: &str) -> String {
    let (text, end) = text.strip_suffix('\n').map_or((text, ""), |text| (text, "\n"));
    format!("\u{1b}[{code}m{text}\u{1b}[0m{end}")
}
