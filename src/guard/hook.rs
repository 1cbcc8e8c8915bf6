//! What PostgreSQL tells of each object that a command drops, makes or alters, at the moment it does: the hook raises an
//! error, and the command is undone.
//!
//! Parts of a table may go with their table, so dropping them is refused here only while the table has rows, when the
//! table cannot go either; [`command`](super::command) refuses the commands that name them.

use super::{
    CONSTRAINT_RELATION_ID, Constraint, Kind, columns, described, is_home, is_lifted, is_member, is_owner, is_part,
    is_table, loss, member, name_of, part, renamed_schema, text, whole,
};
use crate::catalog;
use crate::error::{Failure, Report};
use pgrx::pg_sys::ObjectAccessType::{OAT_DROP, OAT_POST_ALTER, OAT_POST_CREATE};
use pgrx::pg_sys::SysCacheIdentifier::{ATTNUM, NAMESPACEOID, RELOID};
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::pg_sys::{GETSTRUCT, InvalidOid, Oid, RelationRelationId};
use pgrx::{IntoDatum, PgSqlErrorCode, pg_sys};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

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
        let refused: Option<Report> = if class == RelationRelationId || class == CONSTRAINT_RELATION_ID {
            match access {
                OAT_DROP => {
                    let flags = (*argument.cast::<pg_sys::ObjectAccessDrop>()).dropflags;
                    let internal = flags & pg_sys::PERFORM_DELETION_INTERNAL as c_int != 0;
                    pgrx_extern_c_guard(|| report(judge_drop(class, object, column, internal)))
                }
                OAT_POST_CREATE if class == RelationRelationId && column > 0 => {
                    pgrx_extern_c_guard(|| report(judge_new_column(object)))
                }
                OAT_POST_ALTER if class == RelationRelationId => {
                    let internal = (*argument.cast::<pg_sys::ObjectAccessPostAlter>()).is_internal;
                    pgrx_extern_c_guard(|| if internal { None } else { report(judge_alter(object, column)) })
                }
                _ => None,
            }
        } else if class == pg_sys::TriggerRelationId && access == OAT_POST_CREATE {
            let internal = (*argument.cast::<pg_sys::ObjectAccessPostCreate>()).is_internal;
            pgrx_extern_c_guard(|| report(if internal { judge_reference(object) } else { judge_trigger(object) }))
        } else if class == pg_sys::NamespaceRelationId && access == OAT_POST_ALTER {
            pgrx_extern_c_guard(|| report(judge_schema(object)))
        } else {
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

fn report(outcome: Result<(), Failure>) -> Option<Report> {
    outcome.err().map(|failure| failure.into_report(InvalidOid))
}

/// An object that goes. The command has locked it, and its table, by now.
fn judge_drop(class: Oid, object: Oid, column: c_int, internal: bool) -> Result<(), Failure> {
    if class == CONSTRAINT_RELATION_ID {
        return match Constraint::by_oid(object) {
            Some(constraint) if !internal => judge_drop_part(&constraint.name, constraint.table),
            _ => Ok(()),
        };
    }
    if column > 0 {
        return if is_table(object) && !is_lifted() { Err(columns(object)) } else { Ok(()) };
    }
    // SAFETY: catalog look-ups, which take any OID.
    if unsafe { pg_sys::get_rel_relkind(object) } as u8 == pg_sys::RELKIND_INDEX {
        // SAFETY: as above.
        let table = unsafe { pg_sys::IndexGetRelation(object, true) };
        return if internal { Ok(()) } else { judge_drop_part(&name_of(object), table) };
    }
    judge_loss(object)
}

fn judge_loss(table: Oid) -> Result<(), Failure> {
    if is_table(table) && !is_lifted() && has_rows(table) {
        return Err(loss(table));
    }
    Ok(())
}

/// Of a table that is about to go, the parts go first.
fn judge_drop_part(name: &str, table: Oid) -> Result<(), Failure> {
    if is_part(name) { judge_loss(table) } else { Ok(()) }
}

fn judge_new_column(table: Oid) -> Result<(), Failure> {
    if is_table(table) && !is_lifted() { Err(columns(table)) } else { Ok(()) }
}

/// A relation, or a column of it, that a command has altered: compared with what the catalogs showed so far.
fn judge_alter(relation: Oid, column: c_int) -> Result<(), Failure> {
    let kind = member(relation);
    if column > 0 {
        let changed = kind == Some(Kind::Table)
            && column_identity(relation, column, now) != column_identity(relation, column, before);
        return if changed && !is_lifted() { Err(columns(relation)) } else { Ok(()) };
    }
    let name = name_of(relation);
    // SAFETY: a catalog look-up, which takes any OID.
    let is_our_index =
        kind.is_none() && is_part(&name) && is_table(unsafe { pg_sys::IndexGetRelation(relation, true) });
    let is_ours = kind.is_some() || is_our_index;
    if is_ours && relation_identity(relation, now) != relation_identity(relation, before) && !is_lifted() {
        return Err(if is_our_index { part("index", &name) } else { whole("rename or move", relation) });
    }
    Ok(())
}

/// A trigger that a command has made: on tables whose owner's rights it could run with, only that owner or a superuser makes
/// one, whoever has the privilege. On a view it would run with the rights of whoever writes to that.
fn judge_trigger(trigger: Oid) -> Result<(), Failure> {
    let Some(row) = trigger_row(trigger) else { return Ok(()) };
    if is_member(row.tgrelid) && !is_owner(row.tgrelid) && !is_lifted() {
        let message = format!("must be owner of {} to create a trigger", described(row.tgrelid));
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).hint(
            c"A trigger can run with the rights of the table's owner. A superuser can create it, with a function that \
              belongs to a superuser.",
        ));
    }
    Ok(())
}

/// A trigger that enforces a new foreign key. To look a value up, PostgreSQL casts it to the type of the key that it refers
/// to, with the rights of the owner of that key's table; and a cast is a function of whoever made the value's type.
fn judge_reference(trigger: Oid) -> Result<(), Failure> {
    let Some(row) = trigger_row(trigger) else { return Ok(()) };
    if !is_table(row.tgconstrrelid) || is_lifted() {
        return Ok(());
    }
    let Some(key) = Constraint::by_oid(row.tgconstraint) else { return Ok(()) };
    for column in key.columns {
        // SAFETY: catalog look-ups, which take any OID and column.
        let base = unsafe { pg_sys::getBaseType(pg_sys::get_atttype(key.table, column)) };
        if !catalog::is_superuser(catalog::type_owner(base)) {
            let message =
                format!("cannot refer to {} from a column of a type of its own", described(row.tgconstrrelid));
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).hint(
                c"A cast of that type would run with the rights of the table's owner. Give the column the type of the key \
                  that it refers to.",
            ));
        }
    }
    Ok(())
}

/// The row of a trigger that a command has just made: there is no cache of triggers.
fn trigger_row(trigger: Oid) -> Option<&'static pg_sys::FormData_pg_trigger> {
    let index = pg_sys::TriggerOidIndexId;
    let row = Row::by_oid(pg_sys::TriggerRelationId, pg_sys::Anum_pg_trigger_oid, index, RELOID, trigger);
    // SAFETY: the tuple is NULL or a row of pg_trigger, copied into memory that outlives the judgement.
    unsafe {
        let tuple = now(&row);
        (!tuple.is_null()).then(|| &*GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_trigger>())
    }
}

/// A schema that a command has altered: functions and restored dumps name it.
fn judge_schema(schema: Oid) -> Result<(), Failure> {
    let name = |version: Version| {
        let index = pg_sys::NamespaceOidIndexId;
        let row = Row::by_oid(pg_sys::NamespaceRelationId, pg_sys::Anum_pg_namespace_oid, index, NAMESPACEOID, schema);
        // SAFETY: the tuple is NULL or a row of pg_namespace, copied.
        unsafe {
            let tuple = version(&row);
            let form = (!tuple.is_null()).then(|| &*GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_namespace>())?;
            Some(text(form.nspname.data.as_ptr()))
        }
    };
    let before = name(before);
    if before != name(now) && is_home(schema) && !is_lifted() {
        return Err(renamed_schema(&before.unwrap_or_default()));
    }
    Ok(())
}

/// Where to find a catalog's row: as the command has left it, or as it was.
type Version = unsafe fn(catalog: &Row) -> pg_sys::HeapTuple;

/// A row of pg_class or pg_attribute, by the keys of its cache and of its index, which are the same.
struct Row {
    catalog: Oid,
    index: Oid,
    cache: pg_sys::SysCacheIdentifier::Type,
    keys: [(c_int, pg_sys::RegProcedure, pg_sys::Datum); 2],
    key_count: usize,
}

impl Row {
    /// The row of a catalog whose index is on its OID alone.
    fn by_oid(catalog: Oid, attribute: u32, index: u32, cache: pg_sys::SysCacheIdentifier::Type, oid: Oid) -> Self {
        let key = (attribute as c_int, pg_sys::F_OIDEQ.into(), pg_sys::Datum::from(oid));
        Self { catalog, index: index.into(), cache, keys: [key, key], key_count: 1 }
    }
}

/// A relation's name and schema.
fn relation_identity(relation: Oid, version: Version) -> Option<(String, Oid)> {
    let row = Row::by_oid(RelationRelationId, pg_sys::Anum_pg_class_oid, pg_sys::ClassOidIndexId, RELOID, relation);
    // SAFETY: the tuple is NULL or a row of pg_class, copied.
    unsafe {
        let tuple = version(&row);
        let form = (!tuple.is_null()).then(|| &*GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>())?;
        Some((text(form.relname.data.as_ptr()), form.relnamespace))
    }
}

/// A column's name, type, length, collation, and whether it may be NULL.
fn column_identity(relation: Oid, column: c_int, version: Version) -> Option<(String, Oid, i32, Oid, bool)> {
    let number = i16::try_from(column).ok()?.into_datum()?;
    let row = Row {
        catalog: pg_sys::AttributeRelationId,
        index: pg_sys::AttributeRelidNumIndexId.into(),
        cache: ATTNUM,
        keys: [
            (pg_sys::Anum_pg_attribute_attrelid as c_int, pg_sys::F_OIDEQ.into(), pg_sys::Datum::from(relation)),
            (pg_sys::Anum_pg_attribute_attnum as c_int, pg_sys::F_INT2EQ.into(), number),
        ],
        key_count: 2,
    };
    // SAFETY: the tuple is NULL or a row of pg_attribute, copied.
    unsafe {
        let tuple = version(&row);
        let form = (!tuple.is_null()).then(|| &*GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_attribute>())?;
        Some((text(form.attname.data.as_ptr()), form.atttypid, form.atttypmod, form.attcollation, form.attnotnull))
    }
}

/// The row before the command, which the caches still show.
unsafe fn before(row: &Row) -> pg_sys::HeapTuple {
    // SAFETY: the keys are the cache's; the row is released once it has been copied.
    unsafe {
        let keys = row.keys;
        let tuple = match row.key_count {
            1 => pg_sys::SearchSysCache1(row.cache as c_int, keys[0].2),
            _ => pg_sys::SearchSysCache2(row.cache as c_int, keys[0].2, keys[1].2),
        };
        if tuple.is_null() {
            return tuple;
        }
        let copy = pg_sys::heap_copytuple(tuple);
        pg_sys::ReleaseSysCache(tuple);
        copy
    }
}

/// The row as the command has left it, which others do not see yet.
unsafe fn now(row: &Row) -> pg_sys::HeapTuple {
    // SAFETY: a scan by the catalog's index as the server's own code does it, ended in order.
    unsafe {
        let mut keys: [pg_sys::ScanKeyData; 2] = Default::default();
        for (key, (attribute, equals, value)) in keys.iter_mut().zip(row.keys) {
            let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
            pg_sys::ScanKeyInit(key, attribute as pg_sys::AttrNumber, equal, equals, value);
        }
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let catalog = pg_sys::table_open(row.catalog, lock);
        let own = &raw mut pg_sys::SnapshotSelfData;
        let scan = pg_sys::systable_beginscan(catalog, row.index, true, own, row.key_count as c_int, keys.as_mut_ptr());
        let tuple = pg_sys::heap_copytuple(pg_sys::systable_getnext(scan));
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(catalog, lock);
        tuple
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
