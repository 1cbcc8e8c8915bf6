//! What all threads of a run share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is promised, as it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Something that was acknowledged is not there, or something else is.
    Lost,
    Deadlock,
    /// An error that is none of those that a crash explains.
    Error,
    Memory,
    Backup,
    /// What `todo_check()` or the invariants found at the end.
    Rule,
}

/// A promise that is broken, and how.
pub type Finding = (Broken, String);

#[derive(Default)]
pub struct Run {
    is_over: AtomicBool,
    /// Whether crashes are over.
    pub is_calm: AtomicBool,
    pub acknowledged: AtomicU64,
    pub stops: AtomicU64,
    pub kills: AtomicU64,
    pub stops_of_standby: AtomicU64,
    pub promotions: AtomicU64,
    pub backups: AtomicU64,
    /// Backups that failed because the server had stopped.
    pub backups_stopped: AtomicU64,
    findings: Mutex<Vec<Finding>>,
}

impl Run {
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Ends the run if this thread panics while it holds the result.
    pub fn end_if_this_panics(&self) -> impl Drop {
        struct End<'a>(&'a Run);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.end();
                }
            }
        }
        End(self)
    }

    /// The first finding ends the run.
    pub fn found(&self, finding: Finding) {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
        self.end();
    }

    pub fn findings(self) -> Vec<Finding> {
        self.findings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One more of something that is counted.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub fn counted(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
