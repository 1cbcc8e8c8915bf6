//! Acting as another role for a while.

use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::c_int;

thread_local! {
    // A backend has one thread, so this is an ordinary static variable without a lock.
    /// The nesting level of the transaction or subtransaction in which work as another role began; 0 if there is no such work.
    static ACTING: Cell<c_int> = const { Cell::new(0) };
}

/// Whether what runs now runs within [`acting_as`], as a trigger's function may.
pub fn is_acting() -> bool {
    ACTING.get() > 0
}

/// To be called when a transaction or subtransaction of this nesting level ends. If an ERROR has ended work as another role that
/// began there, or deeper, that work is over, although [`acting_as`] did not return.
pub fn end_acting(level: c_int) {
    if ACTING.get() >= level {
        ACTING.set(0);
    }
}

/// Does `work` as another role; with InvalidOid, as the current role.
///
/// The work is a security-restricted operation, as PostgreSQL's own maintenance is. So what others have attached to the
/// tables can leave nothing behind that would run later with the caller's rights, such as a cursor WITH HOLD or a deferred
/// trigger. Settings that change meanwhile are put back. Without that, a SET would last for the caller's session, even if
/// the called function has a SET clause.
///
/// After an ERROR the end of the transaction or subtransaction puts role and settings back.
pub fn acting_as<T>(role: Oid, work: impl FnOnce() -> T) -> T {
    if role == pg_sys::InvalidOid {
        return work();
    }
    let restricted = (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as c_int;
    let outer = ACTING.get();
    let (mut caller, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: these functions work on variables of the backend, and raise no error.
    let settings = unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut caller, &raw mut context);
        pg_sys::SetUserIdAndSecContext(role, context | restricted);
        pg_sys::NewGUCNestLevel()
    };
    if outer == 0 {
        // SAFETY: reads a variable of the backend.
        ACTING.set(unsafe { pg_sys::GetCurrentTransactionNestLevel() });
    }
    let result = work();
    ACTING.set(outer);
    // SAFETY: the level is the one that was opened above, and what was read there is put back.
    unsafe {
        pg_sys::AtEOXact_GUC(false, settings);
        pg_sys::SetUserIdAndSecContext(caller, context);
    }
    result
}

#[cfg(any(test, feature = "pg_test"))]
#[path = "role_tests.rs"]
mod pg_tests;
