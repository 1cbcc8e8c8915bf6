//! Ctrl-C: the first one cancels the running queries, so that the command fails and cleans up; the second one, or one at a
//! prompt, ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};

/// The exit code of a program that was interrupted.
pub const EXIT_CODE: u8 = 130;

/// Cancels the query of a connection, if one is running.
pub type Cancel = dyn Fn() + Send + Sync;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static PROMPTING: AtomicBool = AtomicBool::new(false);
static CLEANING_UP: AtomicBool = AtomicBool::new(false);
/// Those of all connections. A connection that is closed drops its own.
static CANCELS: Mutex<Vec<Weak<Cancel>>> = Mutex::new(Vec::new());

/// Lets Ctrl-C call this, as long as the caller keeps it.
pub fn on_interrupt(cancel: &Arc<Cancel>) {
    static HANDLER: Once = Once::new();
    // If no handler can be set, Ctrl-C ends the process, as it does by default.
    HANDLER.call_once(|| drop(ctrlc::set_handler(handle)));
    // A panic elsewhere has left the list as it was.
    let mut cancels = CANCELS.lock().unwrap_or_else(PoisonError::into_inner);
    cancels.retain(|cancel| cancel.strong_count() > 0);
    cancels.push(Arc::downgrade(cancel));
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
    let cancels: Vec<_> =
        CANCELS.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
    // The connection opened last is the likeliest to be at work.
    cancels.iter().rev().for_each(|cancel| cancel());
}

/// Asks the operator, and waits for the answer. No query is running meanwhile, so Ctrl-C has none to cancel and ends the program.
pub fn prompting<T>(ask: impl FnOnce() -> T) -> T {
    PROMPTING.store(true, Ordering::SeqCst);
    let answer = ask();
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

/// Removes what a command that has failed would leave. That goes on although the operator has pressed Ctrl-C, until it is pressed again.
pub fn cleaning_up<T>(work: impl FnOnce() -> T) -> T {
    CLEANING_UP.store(true, Ordering::SeqCst);
    let outcome = work();
    CLEANING_UP.store(false, Ordering::SeqCst);
    outcome
}

/// Whether the operator has pressed Ctrl-C, so that the work is to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst) && !CLEANING_UP.load(Ordering::SeqCst)
}
