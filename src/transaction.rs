//! The running transaction: its time, whether it may write, and the locks that it takes, which last until it ends.

use crate::{catalog, ffi, membership};
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::{self, InvalidOid, Oid};
use std::ffi::{CStr, c_int};

/// The transaction's time in UTC, as a timestamp without time zone: microseconds since 2000-01-01, which is what
/// PostgreSQL's timestamp with time zone holds.
pub fn utc_now() -> i64 {
    // SAFETY: reads a variable of the running transaction.
    unsafe { pg_sys::GetCurrentTransactionStartTimestamp() }
}

/// `LOCALTIMESTAMP`: the transaction's time in the session's time zone.
pub fn local_timestamp() -> i64 {
    // SAFETY: the function takes one timestamptz and returns a timestamp; both are passed by value as 64 bits.
    unsafe { pgrx::direct_function_call(pg_sys::timestamptz_timestamp, &[pgrx::IntoDatum::into_datum(utc_now())]) }
        .expect("timestamptz_timestamp is strict")
}

/// Raises 25006 with the function's name if the transaction must not write: it is read-only, or the server is a standby.
pub fn must_be_writable(function: &CStr) {
    // SAFETY: reads the state of the transaction, and a terminated string.
    unsafe { pg_sys::PreventCommandIfReadOnly(function.as_ptr()) }
}

/// Whether the transaction may write, and is READ COMMITTED, so that each statement sees what was committed before it.
pub fn is_writable_read_committed() -> bool {
    // SAFETY: reads the state of the running transaction.
    unsafe { !pg_sys::XactReadOnly && pg_sys::XactIsoLevel < pg_sys::XACT_REPEATABLE_READ as c_int }
}

/// How a table is locked: as a statement that reads it would lock it, or as one that writes to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    Read = pg_sys::AccessShareLock as isize,
    Write = pg_sys::RowExclusiveLock as isize,
}

/// Locks the table with this name until the transaction ends, and makes sure that it still has the name once it is locked.
/// Returns `None` if there is no such table.
pub fn lock_table(name: &CStr, namespace: Oid, lock: Lock) -> Option<Oid> {
    let mut table = catalog::relation_named(name, namespace);
    while table != InvalidOid {
        // SAFETY: a lock, which takes any OID.
        unsafe { pg_sys::LockRelationOid(table, lock as pg_sys::LOCKMODE) };
        let locked = std::mem::replace(&mut table, catalog::relation_named(name, namespace));
        if table == locked {
            return Some(table);
        }
    }
    None
}

/// Locks a table for writing if that is possible without waiting. Returns whether it is locked.
pub fn try_lock_table(name: &CStr, namespace: Oid) -> bool {
    let table = catalog::relation_named(name, namespace);
    // SAFETY: a lock, which takes any OID.
    table != InvalidOid && unsafe { pg_sys::ConditionalLockRelationOid(table, Lock::Write as pg_sys::LOCKMODE) }
}

/// Locks a table for writing, with its partitions if it has any. Returns the tables that are locked.
pub fn lock_with_partitions(table: Oid) -> Vec<Oid> {
    // SAFETY: catalog look-ups, which take any OID. The list is in this memory context. The boundary turns an ERROR into an
    // unwinding, as pgrx does for the functions it binds.
    unsafe {
        let lock = Lock::Write as pg_sys::LOCKMODE;
        pg_sys::LockRelationOid(table, lock);
        if pg_sys::get_rel_relkind(table) as u8 != pg_sys::RELKIND_PARTITIONED_TABLE {
            return vec![table];
        }
        let list = pg_guard_ffi_boundary(|| ffi::find_all_inheritors(table, lock, std::ptr::null_mut()));
        (0..(*list).length as usize).map(|i| (*(*list).elements.add(i)).oid_value).collect()
    }
}

/// Waits for other transactions that have called this for the same user, and lets later ones wait until this transaction ends.
///
/// The lock is on a part of the extension itself, numbered by a hash of the user's id. No SQL can take this lock, and a
/// transaction that goes through all users takes at most 1024 of them.
pub fn lock_user(user_id: &str) {
    const PARTS: u32 = 1024;
    // SAFETY: the hash reads only the text's bytes. The lock is like those of CREATE and DROP EXTENSION, but theirs are on part 0.
    unsafe {
        let hash = ffi::hash_bytes(user_id.as_ptr(), user_id.len() as c_int);
        let part = (hash % PARTS + 1) as u16;
        let lock = pg_sys::ExclusiveLock as pg_sys::LOCKMODE;
        pg_sys::LockDatabaseObject(pg_sys::ExtensionRelationId, membership::todo(), part, lock);
    }
}
