//! Ctrl-C: the first one cancels the running query, so that the command fails and cleans up; the second one, or one at a
//! prompt, ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

/// The exit code of a program that was interrupted.
pub const EXIT_CODE: u8 = 130;

type Cancel = Box<dyn Fn() + Send>;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static PROMPTING: AtomicBool = AtomicBool::new(false);
/// Cancels the query of the latest connection.
static CANCEL: OnceLock<Mutex<Cancel>> = OnceLock::new();

/// Sets what the next Ctrl-C does, in place of what was set before.
pub fn on_interrupt(cancel: impl Fn() + Send + 'static) {
    if let Some(current) = CANCEL.get() {
        // A panic of an earlier `cancel` has left it as it was.
        *current.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Box::new(cancel);
        return;
    }
    let _ = CANCEL.set(Mutex::new(Box::new(cancel)));
    // If no handler can be set, Ctrl-C ends the process, as it does by default.
    let _ = ctrlc::set_handler(handle);
}

fn handle() {
    if PROMPTING.load(Ordering::SeqCst) {
        // The prompt for a password has turned the echo off.
        let _ = std::process::Command::new("stty").arg("echo").status();
        eprintln!();
        std::process::exit(EXIT_CODE.into());
    }
    if INTERRUPTED.swap(true, Ordering::SeqCst) {
        std::process::exit(EXIT_CODE.into());
    }
    if let Some(cancel) = CANCEL.get().and_then(|cancel| cancel.lock().ok()) {
        cancel();
    }
}

/// Waits for an answer from the operator. No query is running meanwhile, so Ctrl-C has none to cancel and ends the program.
pub fn prompting<T>(ask: impl FnOnce() -> T) -> T {
    PROMPTING.store(true, Ordering::SeqCst);
    let answer = ask();
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

/// Whether the operator has pressed Ctrl-C.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
