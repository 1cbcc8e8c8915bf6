//! What surrounds a command: at its start, the guard notes where it starts in the transaction; at its end, it compares the
//! state then with the state now, if PostgreSQL has had to look at one of the tables anew.

use super::state::{self, Fact};
use super::{belongs, is_lifted, is_member, is_owner, is_table, name_of, text};
use crate::error::Failure;
use pgrx::pg_sys::NodeTag::*;
use pgrx::pg_sys::ObjectType::{OBJECT_SEQUENCE, OBJECT_TABLE, OBJECT_VIEW};
use pgrx::pg_sys::{InvalidOid, Oid};
use pgrx::{PgList, PgLogLevel, PgSqlErrorCode, ereport, pg_sys};
use std::cell::RefCell;
use std::ffi::{c_int, c_void};

/// How many relations of a command are told from each other; of more, one is taken for ours.
const MANY: usize = 100;

thread_local! {
    // A backend has one thread; this is how Rust spells a static that it need not share.
    /// The commands that have begun in this transaction and not ended yet, with the number of each in the transaction if it is
    /// to be judged. One may run within another. One that has failed stays, below all that can end.
    static BEGUN: RefCell<Vec<(*mut pg_sys::Node, Option<pg_sys::CommandId>)>> = const { RefCell::new(Vec::new()) };
    /// The relations that PostgreSQL has been told to look at anew since; InvalidOid stands for any.
    static TOUCHED: RefCell<Vec<Oid>> = const { RefCell::new(Vec::new()) };
}

/// Called once, when the library is loaded.
pub fn install() {
    // SAFETY: the callbacks are functions of this library, which is never unloaded.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), pg_sys::Datum::null());
        pg_sys::RegisterXactCallback(Some(on_transaction), std::ptr::null_mut());
    }
}

/// Whatever changes a table, its columns, constraints, indexes, triggers, rules or policies tells PostgreSQL's relation cache.
unsafe extern "C-unwind" fn on_invalidation(_: pg_sys::Datum, relation: Oid) {
    touch(relation);
}

/// With the transaction, all of its commands end; those of some commands (CONCURRENTLY) do so half-way.
unsafe extern "C-unwind" fn on_transaction(_: pg_sys::XactEvent::Type, _: *mut c_void) {
    BEGUN.with_borrow_mut(Vec::clear);
}

/// Notes a relation that a command has changed; with InvalidOid, it may be any.
pub fn touch(relation: Oid) {
    if BEGUN.with_borrow(Vec::is_empty) {
        return;
    }
    TOUCHED.with_borrow_mut(|touched| {
        if touched.len() < MANY && !touched.contains(&relation) {
            touched.push(if touched.len() + 1 < MANY { relation } else { InvalidOid });
        }
    });
}

fn has_touched_ours() -> bool {
    let is_ours = |&relation: &Oid| {
        // SAFETY: catalog look-ups, which take any OID.
        let table = unsafe {
            match pg_sys::get_rel_relkind(relation) as u8 {
                pg_sys::RELKIND_INDEX => pg_sys::IndexGetRelation(relation, true),
                0 => InvalidOid,
                _ => relation,
            }
        };
        relation == InvalidOid || is_member(table)
    };
    // Looking at them may touch more.
    TOUCHED.with_borrow(Clone::clone).iter().any(is_ours)
}

/// A command is about to run.
///
/// # Safety
/// `command` is a parse tree, and stays one until the command ends.
pub unsafe fn begin(command: *mut pg_sys::Node) -> Result<(), Failure> {
    // SAFETY: the tag tells the node's type; the fields are what the parser puts there.
    let is_judged = unsafe {
        match (*command).type_ {
            _ if is_lifted() => false,
            // Each command of an extension's script begins and ends by itself; and rights are no part of the state.
            T_CreateExtensionStmt | T_AlterExtensionStmt | T_GrantStmt => false,
            T_DropStmt => refuse_dropping(&*command.cast()).map(|()| true)?,
            T_IndexStmt => warn_of_concurrent(&*command.cast()),
            _ => true,
        }
    };
    if BEGUN.with_borrow(Vec::is_empty) {
        TOUCHED.with_borrow_mut(Vec::clear);
    }
    // SAFETY: reads a variable of the backend.
    let number = is_judged.then(|| unsafe { pg_sys::GetCurrentCommandId(false) });
    BEGUN.with_borrow_mut(|begun| begun.push((command, number)));
    // SAFETY: as above. Nothing tells of a change that these make.
    if unsafe { (*command).type_ } == T_AlterObjectDependsStmt {
        touch(InvalidOid);
    }
    Ok(())
}

/// A command has run.
///
/// # Safety
/// `command` is what [`begin`] got.
pub unsafe fn end(command: *mut pg_sys::Node) -> Result<(), Failure> {
    // No two of those that have begun and not failed are at one address.
    let number = BEGUN.with_borrow_mut(|begun| {
        let place = begun.iter().rposition(|(begun, _)| *begun == command)?;
        let (_, number) = begun[place];
        begun.truncate(place);
        number
    });
    let Some(number) = number else { return Ok(()) };
    if is_lifted() || !has_touched_ours() {
        return Ok(());
    }
    let (before, now) = state::before_and_now(number);
    if let Some(refusal) = state::refusal(&before, &now) {
        return Err(refusal);
    }
    if let Some(own) = state::addition(&before, &now) {
        warn(own);
    }
    Ok(())
}

/// PostgreSQL would refuse it as well, and advise to drop the extension instead.
///
/// # Safety
/// As for [`begin`].
unsafe fn refuse_dropping(command: &pg_sys::DropStmt) -> Result<(), Failure> {
    if ![OBJECT_TABLE, OBJECT_VIEW, OBJECT_SEQUENCE].contains(&command.removeType) {
        return Ok(());
    }
    // SAFETY: the caller's promise; for these types, objects are lists of names.
    let names = unsafe { PgList::<pg_sys::List>::from_pg(command.objects) };
    for names in names.iter_ptr() {
        // SAFETY: as above.
        let relation = unsafe { relation_named(pg_sys::makeRangeVarFromNameList(names)) };
        if is_member(relation) && is_owner(relation) {
            return Err(belongs(relation));
        }
    }
    Ok(())
}

/// Warns of an index that is made concurrently, at the end of which there is no telling what was before: it is another
/// transaction then. Whether there is.
///
/// # Safety
/// As for [`begin`].
unsafe fn warn_of_concurrent(command: &pg_sys::IndexStmt) -> bool {
    if !command.concurrent {
        return true;
    }
    // SAFETY: the caller's promise.
    let (table, name) = unsafe { (relation_named(command.relation), text(command.idxname)) };
    if is_table(table) && !state::is_part(&state::now(), &name) {
        warning(&format!("this index on table {}", name_of(table)));
    }
    false
}

fn warn(own: &Fact) {
    let table = name_of(own.relation);
    match own.kind.as_str() {
        "option" | "constraint" => warning(&format!("this change of table {table}")),
        kind => warning(&format!("this {kind} on table {table}")),
    }
}

fn warning(what: &str) {
    ereport!(
        PgLogLevel::WARNING,
        PgSqlErrorCode::ERRCODE_WARNING,
        format!("{what} will not be in dumps"),
        "The table belongs to an extension, which a restore creates anew: make the change again after a restore."
    );
}

/// The relation that a command names, if it is there. Not locked: the command itself will do that.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn relation_named(relation: *const pg_sys::RangeVar) -> Oid {
    if relation.is_null() {
        return InvalidOid;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (no_lock, if_exists) = (pg_sys::NoLock as c_int, pg_sys::RVROption::RVR_MISSING_OK);
        pg_sys::RangeVarGetRelidExtended(relation, no_lock, if_exists, None, std::ptr::null_mut())
    }
}
