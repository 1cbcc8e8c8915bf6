//! PostgreSQL calls the hook for each object that a command drops, creates or alters, while it does so. If the hook raises an
//! error, the command is undone. The hook is for what cannot wait until the command ends. By then, rows would be lost, and the
//! guard's event triggers may be dropped as well; or the same command could already have run code of another role.

use super::{columns, command, described, is_lifted, is_member, is_owner, is_table, kept, refusal, state};
use crate::catalog::{self, Trigger, relation_name};
use crate::error::{Failure, Report};
use crate::membership::Extension;
use pgrx::pg_sys::ObjectAccessType::{OAT_DROP, OAT_POST_ALTER, OAT_POST_CREATE};
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::pg_sys::{InvalidOid, Oid};
use pgrx::{PgSqlErrorCode, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};

const KEEP_ROWS: &CStr = c"To keep all rows, first take the tables out of the extension with todo_release_tables(), or before \
    version 1.0.0 with ALTER EXTENSION todo DROP TABLE. A superuser can lift the guard for the session: SET todo.guard = off.";
const FOREIGN_TRIGGER: &CStr =
    c"A trigger can run with the rights of the table's owner. A superuser can create it, with a \
    function that belongs to a superuser.";
const FOREIGN_TYPE: &CStr =
    c"A cast of that type would run with the rights of the table's owner. Give the column the type of \
    the key that it refers to.";

thread_local! {
    // A backend has one thread, so this is an ordinary static variable without a lock.
    static NEXT_HOOK: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// Sets the hook. Called once, when the library is loaded.
pub fn install() {
    // SAFETY: the variable is the backend's one thread's.
    unsafe {
        NEXT_HOOK.set(pg_sys::object_access_hook);
        pg_sys::object_access_hook = Some(on_object_access);
    }
}

unsafe extern "C-unwind" fn on_object_access(
    access: pg_sys::ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    column: c_int,
    argument: *mut c_void,
) {
    // SAFETY: called by PostgreSQL, where an ERROR may be raised: this frame holds plain values only. The argument is
    // what the kind of access says.
    unsafe {
        let judge = |judgement: &dyn Fn() -> Result<(), Failure>| -> Option<Report> {
            pgrx_extern_c_guard(|| judgement().err().map(|failure| failure.into_report(InvalidOid)))
        };
        let is_relation = class == pg_sys::RelationRelationId;
        let refused = if access == OAT_DROP && is_relation {
            let flags = (*argument.cast::<pg_sys::ObjectAccessDrop>()).dropflags;
            judge(&|| judge_drop(object, column, flags))
        } else if is_relation && column > 0 && (access == OAT_POST_CREATE || access == OAT_POST_ALTER) {
            judge(&|| judge_column(object, access == OAT_POST_CREATE))
        } else if access == OAT_POST_CREATE && class == pg_sys::TriggerRelationId {
            let internal = (*argument.cast::<pg_sys::ObjectAccessPostCreate>()).is_internal;
            judge(&|| if internal { judge_reference(object) } else { judge_trigger(object) })
        } else {
            // The relation cache is not told when a sequence's options or a schema's name changes.
            if access == OAT_POST_ALTER && (is_relation || class == pg_sys::NamespaceRelationId) {
                command::touch(if is_relation { object } else { InvalidOid });
            }
            None
        };
        if let Some(report) = refused {
            report.raise();
        }
        if let Some(next) = NEXT_HOOK.get() {
            next(access, class, object, column, argument);
        }
    }
}

/// Judges the drop of a relation, or of a column. The command has already locked the relation.
fn judge_drop(relation: Oid, column: c_int, flags: c_int) -> Result<(), Failure> {
    if is_lifted() {
        return Ok(());
    }
    // DROP INDEX CONCURRENTLY loses no rows, but when it ends, it is too late to refuse it.
    if flags & pg_sys::PERFORM_DELETION_CONCURRENTLY as c_int != 0 {
        let name = relation_name(relation);
        // SAFETY: a catalog look-up, which takes any OID.
        let table = unsafe { pg_sys::IndexGetRelation(relation, true) };
        return if is_table(table) && state::is_part(&state::read(None, false).1, table, &name) {
            Err(kept("index", &name))
        } else {
            Ok(())
        };
    }
    if !is_table(relation) {
        Ok(())
    } else if column > 0 {
        Err(columns(relation))
    } else if has_rows(relation) {
        let is_todo = Extension::of_relation(relation).is_some_and(Extension::is_todo);
        let hint = if is_todo { KEEP_ROWS } else { super::LIFT };
        Err(refusal(format!("cannot drop table {} while it holds rows", described(relation)), hint))
    } else {
        Ok(())
    }
}

/// Judges a column that a command has added or altered. PostgreSQL has not read or rewritten the rows yet, which may take
/// long, or fail.
fn judge_column(table: Oid, is_new: bool) -> Result<(), Failure> {
    if !is_table(table) || is_lifted() {
        return Ok(());
    }
    if is_new { Err(columns(table)) } else { command::judge_columns() }
}

/// Judges a trigger that a command has created or replaced. It could run with the rights of the table's owner, so only that
/// owner or a superuser may create it; the privilege TRIGGER is not enough. On a view, it would run with the rights of
/// whoever writes to the view.
fn judge_trigger(trigger: Oid) -> Result<(), Failure> {
    let Some(Trigger { table, .. }) = catalog::trigger(trigger, false) else { return Ok(()) };
    if !is_member(table) || is_owner(table) || is_lifted() {
        return Ok(());
    }
    let is_ours = |before: Trigger| {
        Extension::of(pg_sys::ProcedureRelationId, before.function).is_some_and(Extension::is_trusted)
    };
    if catalog::trigger(trigger, true).is_some_and(is_ours) {
        return Err(kept("a trigger of", &relation_name(table)));
    }
    let message = format!("must be owner of {} to create a trigger", described(table));
    Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).hint(FOREIGN_TRIGGER))
}

/// Judges a trigger that enforces a new foreign key. To look up a value, PostgreSQL casts it to the type of the referenced
/// key, with the rights of the owner of that key's table. The cast is a function of the role that made the value's type.
fn judge_reference(trigger: Oid) -> Result<(), Failure> {
    let Some(Trigger { table, function, other, constraint }) = catalog::trigger(trigger, false) else { return Ok(()) };
    // SAFETY: compares the OID with those of PostgreSQL's functions.
    let is_of_referring = unsafe { pg_sys::RI_FKey_trigger_type(function) } as u32 == pg_sys::RI_TRIGGER_FK;
    if !is_of_referring || !is_table(other) || is_lifted() {
        return Ok(());
    }
    let is_trusted = |&column: &pg_sys::AttrNumber| {
        // SAFETY: both look a row of a catalog up.
        let kind = unsafe { pg_sys::getBaseType(pg_sys::get_atttype(table, column)) };
        catalog::is_superuser(catalog::type_owner(kind))
    };
    if catalog::foreign_key(table, constraint, |key| key.conkey).is_some_and(|columns| columns.iter().all(is_trusted)) {
        return Ok(());
    }
    let message = format!("cannot refer to {} from a column whose type belongs to a non-superuser", described(other));
    Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).hint(FOREIGN_TYPE))
}

/// Whether a table has a row now, even if it was committed after the transaction's snapshot.
fn has_rows(table: Oid) -> bool {
    // SAFETY: `table` is an ordinary table, which the command has locked. A scan as the server's own code does it, ended
    // in order; an ERROR releases all of it.
    unsafe {
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let relation = pg_sys::table_open(table, lock);
        let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
        let scan = pg_sys::systable_beginscan(relation, InvalidOid, false, snapshot, 0, std::ptr::null_mut());
        let has_row = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
        pg_sys::table_close(relation, lock);
        has_row
    }
}
