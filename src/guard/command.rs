//! The start and the end of a command. At the start, the guard records the command's number in the transaction. At the end, it
//! judges what the command has changed, if PostgreSQL had to reload one of the tables into its relation cache.

use super::state::{self, is_part};
use super::{described, is_lifted, is_member, is_owner, is_table, refusal};
use crate::catalog::{relation_name, text};
use crate::error::Failure;
use crate::role;
use pgrx::pg_sys::NodeTag::*;
use pgrx::pg_sys::ObjectType::{OBJECT_SEQUENCE, OBJECT_TABLE, OBJECT_VIEW};
use pgrx::pg_sys::{CommandId, InvalidOid, Node, Oid};
use pgrx::{PgList, PgLogLevel, PgSqlErrorCode, ereport, pg_sys};
use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::{CStr, c_int, c_void};

const NOT_TO_BE_COMPARED: &CStr =
    c"If a tool changes tables to match its models, make it ignore the extension's tables, view and sequence, or \
    use migrations instead. Tables of your own may reference users(id) and tasks(id).";

/// How many relations of a command are recorded. If there are more, one of them is assumed to be ours.
const MANY: usize = 100;

thread_local! {
    // A backend has one thread, so this is an ordinary static variable without a lock.
    /// The commands that have begun in this transaction, the outer ones first.
    static BEGUN: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
    /// The relations that they may have changed; InvalidOid stands for any.
    static TOUCHED: RefCell<Vec<Oid>> = const { RefCell::new(Vec::new()) };
}

/// A command that has begun. PostgreSQL does not report to event triggers that it has failed, but the subtransaction ends.
#[derive(Clone, Copy)]
struct Begun {
    command: *mut Node,
    /// Its number in the transaction, if it is to be judged.
    number: Option<CommandId>,
    /// How deep the subtransaction is nested in which it runs.
    level: c_int,
}

/// Registers the callbacks below. Called once, when the library is loaded.
pub fn install() {
    // SAFETY: the callbacks are functions of this library, which is never unloaded.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), pg_sys::Datum::null());
        pg_sys::RegisterXactCallback(Some(on_transaction), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), std::ptr::null_mut());
    }
}

/// PostgreSQL's relation cache is told about every change to a table and its columns, constraints, indexes, triggers, rules and
/// policies.
unsafe extern "C-unwind" fn on_invalidation(_: pg_sys::Datum, relation: Oid) {
    touch(relation);
}

/// When a transaction ends, its commands are over, and so is work as another role. Commands with CONCURRENTLY end the transaction
/// half-way, and are no longer judged from then on.
unsafe extern "C-unwind" fn on_transaction(_: pg_sys::XactEvent::Type, _: *mut c_void) {
    BEGUN.with_borrow_mut(Vec::clear);
    role::end_acting(1);
}

/// The commands of a subtransaction that has failed are over.
unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    _: pg_sys::SubTransactionId,
    _: pg_sys::SubTransactionId,
    _: *mut c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        // SAFETY: reads a variable of the backend; the subtransaction is still the current one.
        let level = unsafe { pg_sys::GetCurrentTransactionNestLevel() };
        BEGUN.with_borrow_mut(|begun| begun.retain(|command| command.level < level));
        role::end_acting(level);
    }
}

/// Notes a relation that a command may have changed; with InvalidOid, any.
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
    // The look-ups may add to the list.
    let touched = TOUCHED.with_borrow(Vec::clone);
    // SAFETY: catalog look-ups, which take any OID.
    let table_of = |&relation: &Oid| unsafe {
        match pg_sys::get_rel_relkind(relation) as u8 {
            pg_sys::RELKIND_INDEX => Some(pg_sys::IndexGetRelation(relation, true)),
            pg_sys::RELKIND_RELATION | pg_sys::RELKIND_SEQUENCE => Some(relation),
            _ => None,
        }
    };
    // A set, because a table is touched together with its indexes, and no cache answers whether it is a member.
    let tables: HashSet<Oid> = touched.iter().filter_map(table_of).collect();
    touched.contains(&InvalidOid) || tables.into_iter().any(is_member)
}

/// To be called when a command is about to run. Errors: 2BP01 it would drop a relation of ours by name; 55000 it runs within a
/// function that has its owner's rights, where it could change what has been judged.
///
/// # Safety
/// `command` is a parse tree, and stays one until the command ends.
pub unsafe fn begin(command: *mut Node) -> Result<(), Failure> {
    if role::is_acting() {
        let code = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        return Err(Failure::new(code, "cannot run this command within a function that has its owner's rights"));
    }
    // SAFETY: the tag tells the node's type; the fields are what the parser puts there.
    let is_judged = unsafe {
        match (*command).type_ {
            _ if is_lifted() => false,
            // Each command in an extension's script begins and ends on its own. Rights are not part of the state.
            T_CreateExtensionStmt | T_AlterExtensionStmt | T_GrantStmt => false,
            T_DropStmt => judge_drop(&*command.cast()).map(|()| true)?,
            T_IndexStmt => warn_of_concurrent(&*command.cast()),
            _ => true,
        }
    };
    if BEGUN.with_borrow(Vec::is_empty) {
        TOUCHED.with_borrow_mut(Vec::clear);
    }
    // SAFETY: these read variables of the backend.
    let (number, level) =
        unsafe { (is_judged.then(|| pg_sys::GetCurrentCommandId(false)), pg_sys::GetCurrentTransactionNestLevel()) };
    BEGUN.with_borrow_mut(|begun| begun.push(Begun { command, number, level }));
    // SAFETY: as above. The relation cache is not told when a constraint takes over an index, or when a dependency changes.
    unsafe {
        match (*command).type_ {
            T_AlterTableStmt => touch(relation_named((*command.cast::<pg_sys::AlterTableStmt>()).relation)),
            T_AlterObjectDependsStmt => touch(InvalidOid),
            _ => {}
        }
    }
    Ok(())
}

/// To be called when a command has run. Errors: 2BP01 it has changed what must stay as it is; 55000 what must stay is not known.
///
/// # Safety
/// `command` is what [`begin`] got.
pub unsafe fn end(command: *mut Node) -> Result<(), Failure> {
    // The commands that began after it, within it, are over. No other running command has its address.
    let number = BEGUN.with_borrow_mut(|begun| {
        let place = begun.iter().rposition(|other| other.command == command)?;
        let number = begun[place].number;
        begun.truncate(place);
        number
    });
    if number.is_none() || is_lifted() || !has_touched_ours() {
        return Ok(());
    }
    let (before, now) = state::read(number, false);
    if let Some(refusal) = state::refusal(&before, &now).or_else(|| state::unknown(&now)) {
        return Err(refusal);
    }
    if let Some(own) = state::addition(&before, &now) {
        warn(&own.kind, own.object);
    }
    Ok(())
}

/// Judges the columns alone, while a command is running. Its other changes may be half done. Errors: 2BP01.
pub fn judge_columns() -> Result<(), Failure> {
    let Some(Begun { number: Some(number), .. }) = BEGUN.with_borrow(|begun| begun.last().copied()) else {
        return Ok(());
    };
    let (mut before, mut now) = state::read(Some(number), true);
    before.retain(|fact| fact.kind == "column");
    now.retain(|fact| fact.kind == "column");
    state::refusal(&before, &now).map_or(Ok(()), Err)
}

/// Refuses to drop a relation of ours. PostgreSQL would refuse it as well, but its hint would be to drop the extension.
///
/// # Safety
/// As for [`begin`].
unsafe fn judge_drop(command: &pg_sys::DropStmt) -> Result<(), Failure> {
    if [OBJECT_TABLE, OBJECT_VIEW, OBJECT_SEQUENCE].contains(&command.removeType) {
        // SAFETY: the caller's promise; for these types, objects are lists of names.
        for names in unsafe { PgList::<pg_sys::List>::from_pg(command.objects) }.iter_ptr() {
            // SAFETY: as above.
            let relation = unsafe { relation_named(pg_sys::makeRangeVarFromNameList(names)) };
            if is_member(relation) && is_owner(relation) {
                return Err(refusal(format!("cannot drop {}", described(relation)), NOT_TO_BE_COMPARED));
            }
        }
    }
    Ok(())
}

/// Warns of an index that is created concurrently, because at its end, in another transaction, the state before it is no longer
/// known. Returns false for such an index.
///
/// # Safety
/// As for [`begin`].
unsafe fn warn_of_concurrent(command: &pg_sys::IndexStmt) -> bool {
    if command.concurrent {
        // SAFETY: the caller's promise.
        let (table, name) = unsafe { (relation_named(command.relation), text(command.idxname)) };
        if is_table(table) && !is_part(&state::read(None, false).1, table, &name) {
            warn("index", table);
        }
    }
    !command.concurrent
}

/// Warns of what the application adds to a table.
fn warn(kind: &str, table: Oid) {
    let kind = if kind == "option" { "change" } else { kind };
    ereport!(
        PgLogLevel::WARNING,
        PgSqlErrorCode::ERRCODE_WARNING,
        format!("this {kind} of table {} will not be in dumps", relation_name(table)),
        "The table belongs to an extension, which a restore creates anew: make the change again after a restore."
    );
}

/// The relation that a command names, if it is there. Not locked: the command itself will do that.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
pub unsafe fn relation_named(relation: *const pg_sys::RangeVar) -> Oid {
    if relation.is_null() {
        return InvalidOid;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (no_lock, if_exists) = (pg_sys::NoLock as c_int, pg_sys::RVROption::RVR_MISSING_OK);
        pg_sys::RangeVarGetRelidExtended(relation, no_lock, if_exists, None, std::ptr::null_mut())
    }
}
