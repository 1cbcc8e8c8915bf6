//! Questions to the operator, asked on standard error.

use crate::error::Error;
use crate::interrupt::prompting;
use console::Term;
use std::io::{BufRead, IsTerminal, Write};

/// Whether there is someone to ask.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a question. Any answer other than yes means no.
pub fn confirm(question: &str) -> Result<bool, Error> {
    let mut answer = String::new();
    prompting(|| {
        let _ = write!(anstream::stderr().lock(), "{question} [y/N] ");
        std::io::stdin().lock().read_line(&mut answer)
    })?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line that the terminal does not show.
pub fn secret(prompt: &str) -> Result<String, Error> {
    let terminal = Term::stderr();
    Ok(prompting(|| {
        terminal.write_str(prompt)?;
        terminal.read_secure_line()
    })?)
}
