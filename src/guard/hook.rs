//! What PostgreSQL tells of each object that a command drops, makes or alters, at the moment it does: the hook raises an
//! error, and the command is undone. It is for what cannot wait until the command ends: rows that go, also by the extension
//! itself, and code of others that the same command could run.

use super::{columns, described, is_lifted, is_member, is_member_function, is_owner, is_table, loss, part, state};
use super::{command, name_of};
use crate::error::{Failure, Report};
use pgrx::pg_sys::ObjectAccessType::{OAT_DROP, OAT_POST_ALTER, OAT_POST_CREATE};
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::pg_sys::{GETSTRUCT, InvalidOid, NamespaceRelationId, Oid, RelationRelationId, TriggerRelationId};
use pgrx::{PgList, PgSqlErrorCode, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};

const OF_OTHERS: &CStr =
    c"A trigger can run with the rights of the table's owner. A superuser can create it, with a function that \
    belongs to a superuser.";
const OTHER_TYPE: &CStr =
    c"A cast of that type would run with the rights of the table's owner. Give the column the type of the \
    key that it refers to.";

thread_local! {
    // A backend has one thread; this is how Rust spells a static that it need not share.
    static NEXT_HOOK: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// Puts the hook in place; called once, when the library is loaded.
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
        let refused: Option<Report> = match (access, class) {
            (OAT_DROP, RelationRelationId) => {
                let flags = (*argument.cast::<pg_sys::ObjectAccessDrop>()).dropflags;
                pgrx_extern_c_guard(|| report(judge_drop(object, column, flags)))
            }
            (OAT_POST_CREATE, TriggerRelationId) => {
                let internal = (*argument.cast::<pg_sys::ObjectAccessPostCreate>()).is_internal;
                pgrx_extern_c_guard(|| report(judge_trigger(object, internal)))
            }
            // Of a sequence's options, and of a schema's name, the relation cache is not told.
            (OAT_POST_ALTER, RelationRelationId) => pgrx_extern_c_guard(|| {
                command::touch(object);
                None
            }),
            (OAT_POST_ALTER, NamespaceRelationId) => pgrx_extern_c_guard(|| {
                command::touch(InvalidOid);
                None
            }),
            _ => None,
        };
        if let Some(report) = refused {
            report.raise();
        }
        if let Some(next) = NEXT_HOOK.get() {
            next(access, class, object, column, argument);
        }
    }
}

fn report(outcome: Result<(), Failure>) -> Option<Report> {
    outcome.err().map(|failure| failure.into_report(InvalidOid))
}

/// A relation, or a column of it, that goes. The command has locked it by now.
fn judge_drop(relation: Oid, column: c_int, flags: c_int) -> Result<(), Failure> {
    // What is dropped concurrently is gone before the command ends.
    if flags & pg_sys::PERFORM_DELETION_CONCURRENTLY as c_int != 0 {
        // SAFETY: a catalog look-up, which takes any OID.
        let table = unsafe { pg_sys::IndexGetRelation(relation, true) };
        let name = name_of(relation);
        let is_part = is_table(table) && !is_lifted() && state::is_part(&state::now(), &name);
        return if is_part { Err(part("index", &name)) } else { Ok(()) };
    }
    if !is_table(relation) || is_lifted() {
        Ok(())
    } else if column > 0 {
        Err(columns(relation))
    } else if has_rows(relation) {
        Err(loss(relation))
    } else {
        Ok(())
    }
}

/// A trigger that a command has made.
fn judge_trigger(trigger: Oid, internal: bool) -> Result<(), Failure> {
    // SAFETY: a static of the server; NULL stands for the catalog as it was before.
    let (now, before) = unsafe {
        (trigger_row(trigger, &raw mut pg_sys::SnapshotSelfData), trigger_row(trigger, std::ptr::null_mut()))
    };
    let Some(now) = now else { return Ok(()) };
    let not_allowed =
        |message, hint| Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).hint(hint));
    if internal {
        // It enforces a foreign key. To look a value up, PostgreSQL casts it to the type of the key that it refers to, with the
        // rights of the owner of that key's table; and a cast is a function of whoever made the value's type.
        if is_table(now.tgconstrrelid) && !is_lifted() && !refers_by_types_of_superusers(&now) {
            let message =
                format!("cannot refer to {} from a column of a type of its own", described(now.tgconstrrelid));
            return not_allowed(message, OTHER_TYPE);
        }
    } else if is_member(now.tgrelid) && !is_owner(now.tgrelid) && !is_lifted() {
        if let Some(before) = before.filter(|before| is_member_function(before.tgfoid)) {
            // SAFETY: a terminated string.
            return Err(part("trigger", &unsafe { super::text(before.tgname.data.as_ptr()) }));
        }
        // On tables whose owner's rights it could run with, only that owner or a superuser makes one, whoever has the privilege.
        // On a view it would run with the rights of whoever writes to that.
        return not_allowed(format!("must be owner of {} to create a trigger", described(now.tgrelid)), OF_OTHERS);
    }
    Ok(())
}

/// Whether the columns of the foreign key that the trigger enforces are of types that superusers made.
fn refers_by_types_of_superusers(trigger: &pg_sys::FormData_pg_trigger) -> bool {
    // SAFETY: the command has locked the relation. The list is one of ForeignKeyCacheInfo, and is read while it is open; a
    // row is released once it has been read.
    unsafe {
        let table = pg_sys::table_open(trigger.tgrelid, pg_sys::NoLock as pg_sys::LOCKMODE);
        let keys = PgList::<pg_sys::ForeignKeyCacheInfo>::from_pg(pg_sys::RelationGetFKeyList(table));
        let key = keys.iter_ptr().find(|&key| (*key).conoid == trigger.tgconstraint);
        let is_trusted = key.is_some_and(|key| {
            (&(*key).conkey)[..(*key).nkeys as usize].iter().all(|&column| {
                let base = pg_sys::getBaseType(pg_sys::get_atttype(trigger.tgrelid, column));
                let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::TYPEOID as c_int, base.into());
                if row.is_null() {
                    return false;
                }
                let owner = (*GETSTRUCT(row).cast::<pg_sys::FormData_pg_type>()).typowner;
                pg_sys::ReleaseSysCache(row);
                pg_sys::superuser_arg(owner)
            })
        });
        pg_sys::table_close(table, pg_sys::NoLock as pg_sys::LOCKMODE);
        is_trusted
    }
}

/// The row of a trigger, under a snapshot: there is no cache of triggers.
///
/// # Safety
/// `snapshot` is one, or NULL.
unsafe fn trigger_row(trigger: Oid, snapshot: pg_sys::Snapshot) -> Option<pg_sys::FormData_pg_trigger> {
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: a scan by the catalog's index as the server's own code does it, ended in order; the row is copied before.
    unsafe {
        let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
        let oid = pg_sys::Anum_pg_trigger_oid as pg_sys::AttrNumber;
        pg_sys::ScanKeyInit(&raw mut key, oid, equal, pg_sys::F_OIDEQ.into(), trigger.into());
        let catalog = pg_sys::table_open(TriggerRelationId, lock);
        let scan =
            pg_sys::systable_beginscan(catalog, pg_sys::TriggerOidIndexId.into(), true, snapshot, 1, &raw mut key);
        let tuple = pg_sys::systable_getnext(scan);
        let row = (!tuple.is_null()).then(|| GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_trigger>().read());
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(catalog, lock);
        row
    }
}

/// Whether a table has a row now, also one that was committed after the transaction's snapshot.
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
