//! The owner's rights: how functions on users reach what their caller must not, and whom they never act for.
//!
//! The tables' owner is the role `todo_owner`, which can do nothing but own them, or the role that owned adopted tables.
//! It is never a superuser. A statement with its rights is a security-restricted operation, as PostgreSQL's own
//! maintenance is: what others have attached to its tables or to tables that refer to them can leave nothing behind that
//! would run later with the rights of whoever calls, such as a cursor WITH HOLD, a deferred trigger or a search_path.
//!
//! Nor do triggers of others run with these rights: where there is one, the statement is refused (55000).

use crate::boundary::scalar_function;
use crate::error::Failure;
use crate::ffi;
use crate::guard;
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, c_int};

/// What a statement does with a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    /// What refers to the row is deleted by PostgreSQL with the rights of its table's owner.
    Delete,
}

/// What was before [`enter`].
#[derive(Clone, Copy)]
pub struct Before {
    role: pg_sys::Oid,
    context: c_int,
    /// The level of settings, where the role is another one now.
    settings: Option<c_int>,
}

/// Becomes another role (InvalidOid: stays), in a security-restricted operation; the state to go back to.
///
/// # Safety
/// [`leave`] must follow, or the end of the (sub)transaction by an error, which goes back by itself.
pub unsafe fn enter(role: pg_sys::Oid) -> Before {
    let mut before = Before { role: pg_sys::InvalidOid, context: 0, settings: None };
    let restricted = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
    // SAFETY: these functions work on variables of the backend, and raise no error.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut before.role, &raw mut before.context);
        if role != pg_sys::InvalidOid {
            pg_sys::SetUserIdAndSecContext(role, before.context | restricted as c_int);
            before.settings = Some(pg_sys::NewGUCNestLevel());
        }
    }
    before
}

/// Goes back to the role before [`enter`], and to the settings: the function's own SET clause would let a SET in there
/// last for the caller's session.
///
/// # Safety
/// `before` is what it returned.
pub unsafe fn leave(before: Before) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(level) = before.settings {
            pg_sys::AtEOXact_GUC(false, level);
        }
        pg_sys::SetUserIdAndSecContext(before.role, before.context);
    }
}

/// The owner of one of the extension's tables, for a statement that does `access` there with its rights. The table is
/// locked as the statement will lock it, until the transaction ends: what is found here stays so.
///
/// Errors: 55000 the table is not the extension's, belongs to a superuser, or has a trigger of somebody else.
pub fn of_table(name: &CStr, namespace: pg_sys::Oid, access: Access) -> Result<pg_sys::Oid, Failure> {
    let lock = if access == Access::Read { pg_sys::AccessShareLock } else { pg_sys::RowExclusiveLock };
    let table = locked(name, namespace, lock)?;
    must_be_member(table)?;
    let owner = of_relation(table);
    // SAFETY: a catalog look-up.
    if unsafe { pg_sys::superuser_arg(owner) } {
        return Err(refusal(format!("table {} belongs to a superuser", name_of(table)))
            .hint(c"Functions run with the rights of its owner: ALTER TABLE ... OWNER TO todo_owner."));
    }
    if access != Access::Read {
        must_be_free_of_others(table, access == Access::Delete)?;
    }
    Ok(owner)
}

/// 55000 unless the relation belongs to one of our extensions.
pub fn must_be_member(relation: pg_sys::Oid) -> Result<(), Failure> {
    if guard::is_member(relation) {
        return Ok(());
    }
    Err(refusal(format!("relation {} does not belong to extension todo", name_of(relation)))
        .hint(c"The functions of extension todo work on its own tables only."))
}

/// 55000 if a trigger of somebody else could run with the rights of the table's owner when a row is written; also, where
/// `cascading`, on tables that refer to it, with the rights of the same owner or of a superuser. The tables are locked for
/// writing until the transaction ends.
pub fn must_be_free_of_others(table: pg_sys::Oid, cascading: bool) -> Result<(), Failure> {
    let written_by = of_relation(table);
    let mut tables = vec![table];
    let mut next = 0;
    while let Some(&table) = tables.get(next) {
        let owner = of_relation(table);
        // What runs with the rights of another role that is no superuser is that role's affair, as with any DELETE.
        // SAFETY: a catalog look-up.
        let is_judged = owner == written_by || unsafe { pg_sys::superuser_arg(owner) };
        for trigger in Trigger::of_table(table) {
            if let Some(referring) = trigger.referring.filter(|_| cascading) {
                for referring in with_partitions(referring) {
                    if !tables.contains(&referring) {
                        tables.push(referring);
                    }
                }
            } else if is_judged && (next == 0 || trigger.is_of_cascade) && trigger.is_foreign(owner) {
                let message = format!("trigger {} of table {} could run code of others", trigger.name, name_of(table));
                return Err(refusal(message).hint(
                    c"With the rights of the table's owner run only triggers whose function belongs to a superuser or to \
                      that owner, and whose WHEN calls only immutable functions of PostgreSQL's own.",
                ));
            }
        }
        next += 1;
    }
    Ok(())
}

/// A table, locked for writing, and where it is a partitioned one, all its partitions.
fn with_partitions(table: pg_sys::Oid) -> Vec<pg_sys::Oid> {
    // SAFETY: a catalog look-up, which takes any OID. The list is in this memory context. The boundary turns an ERROR
    // into an unwinding, as pgrx does for the functions it binds.
    unsafe {
        if pg_sys::get_rel_relkind(table) as u8 != pg_sys::RELKIND_PARTITIONED_TABLE {
            return vec![table];
        }
        let lock = pg_sys::RowExclusiveLock as c_int;
        let list = pg_guard_ffi_boundary(|| {
            pg_sys::LockRelationOid(table, lock);
            ffi::find_all_inheritors(table, lock, std::ptr::null_mut())
        });
        (0..(*list).length as usize).map(|i| (*(*list).elements.add(i)).oid_value).collect()
    }
}

scalar_function! {
    /// `todo_internal.refuse_foreign_code(written regclass)`
    fn todo_refuse_foreign_code(call) {
        if let Some(table) = call.argument::<pg_sys::Oid>(0) {
            must_be_member(table)?;
            must_be_free_of_others(table, true)?;
        }
        Ok(None)
    }
}

/// What counts of a trigger.
struct Trigger {
    name: String,
    function: pg_sys::Oid,
    has_foreign_condition: bool,
    is_disabled: bool,
    is_internal: bool,
    /// Fires for DELETE or UPDATE, which are what a foreign key does to the rows that refer.
    is_of_cascade: bool,
    /// The table whose foreign key this one enforces on the table that it refers to.
    referring: Option<pg_sys::Oid>,
}

impl Trigger {
    /// The triggers of a table, which is locked for writing: no trigger can be made, altered or dropped until the
    /// transaction ends.
    fn of_table(table: pg_sys::Oid) -> Vec<Self> {
        // SAFETY: the relation cache's entry lives while the relation is open. An ERROR closes it.
        unsafe {
            let relation = pg_sys::relation_open(table, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
            let triggers = (*relation).trigdesc;
            let count = if triggers.is_null() { 0 } else { (*triggers).numtriggers as usize };
            let list = (0..count).map(|i| Self::read(&*(*triggers).triggers.add(i))).collect();
            pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
            list
        }
    }

    /// # Safety
    /// `trigger` is of the relation cache.
    unsafe fn read(trigger: &pg_sys::Trigger) -> Self {
        // SAFETY: the caller's promise; names are terminated strings.
        unsafe {
            let enforces =
                trigger.tgisinternal && pg_sys::RI_FKey_trigger_type(trigger.tgfoid) as u32 == pg_sys::RI_TRIGGER_PK;
            Self {
                name: CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned(),
                function: trigger.tgfoid,
                has_foreign_condition: !trigger.tgqual.is_null() && !is_harmless(trigger),
                is_disabled: trigger.tgenabled as u8 == pg_sys::TRIGGER_DISABLED,
                is_internal: trigger.tgisinternal,
                is_of_cascade: trigger.tgtype as u32 & (pg_sys::TRIGGER_TYPE_DELETE | pg_sys::TRIGGER_TYPE_UPDATE) != 0,
                referring: enforces.then_some(trigger.tgconstrrelid),
            }
        }
    }

    /// Whether it could run code of others with the rights of `owner`. Who made a trigger, and with it its condition, is
    /// in no catalog: whoever had the privilege TRIGGER. A function that is SECURITY DEFINER today is its owner's to alter
    /// before it fires.
    fn is_foreign(&self, owner: pg_sys::Oid) -> bool {
        if self.is_internal || self.is_disabled || guard::is_member_function(self.function) {
            return false;
        }
        let function_owner = of_function(self.function);
        // SAFETY: a catalog look-up.
        let is_trusted = function_owner == owner || unsafe { pg_sys::superuser_arg(function_owner) };
        !is_trusted || self.has_foreign_condition
    }
}

/// Whether a trigger's WHEN calls nothing but immutable functions that are built in: then it does not matter who made it.
/// PostgreSQL notes all others that it needs.
///
/// # Safety
/// `trigger` is of the relation cache, and has a WHEN.
unsafe fn is_harmless(trigger: &pg_sys::Trigger) -> bool {
    /// A row of pg_depend, which pgrx leaves out of its bindings, as well as what follows.
    #[repr(C)]
    struct Dependency {
        class: pg_sys::Oid,
        object: pg_sys::Oid,
        part: i32,
        needed_class: pg_sys::Oid,
        needed: pg_sys::Oid,
    }
    const CATALOG: pg_sys::Oid = pg_sys::Oid::from_u32(2608);
    const INDEX: pg_sys::Oid = pg_sys::Oid::from_u32(2673);

    // SAFETY: the caller's promise; the text is one that PostgreSQL has made of an expression. A scan by the catalog's index
    // as the server's own code does it, ended in order; an ERROR releases all of it.
    unsafe {
        if pg_sys::contain_mutable_functions(pg_sys::stringToNode(trigger.tgqual).cast()) {
            return false;
        }
        let mut keys: [pg_sys::ScanKeyData; 2] = Default::default();
        for (i, value) in [pg_sys::TriggerRelationId, trigger.tgoid].into_iter().enumerate() {
            let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
            pg_sys::ScanKeyInit(&raw mut keys[i], i as i16 + 1, equal, pg_sys::F_OIDEQ.into(), value.into());
        }
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let catalog = pg_sys::table_open(CATALOG, lock);
        let scan = pg_sys::systable_beginscan(catalog, INDEX, true, std::ptr::null_mut(), 2, keys.as_mut_ptr());
        let mut is_harmless = true;
        loop {
            let row = pg_sys::systable_getnext(scan);
            if row.is_null() {
                break;
            }
            let needed = &*pg_sys::GETSTRUCT(row).cast::<Dependency>();
            is_harmless &= match needed.needed_class {
                pg_sys::ProcedureRelationId => needed.needed == trigger.tgfoid,
                class => [pg_sys::RelationRelationId, pg_sys::ExtensionRelationId, pg_sys::TriggerRelationId]
                    .contains(&class),
            };
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(catalog, lock);
        is_harmless
    }
}

/// The OID of a table by its name, once the table is locked under it.
fn locked(name: &CStr, namespace: pg_sys::Oid, lock: u32) -> Result<pg_sys::Oid, Failure> {
    // SAFETY: catalog look-ups, and a lock as every statement takes it.
    unsafe {
        let find = || pg_sys::get_relname_relid(name.as_ptr(), namespace);
        let mut table = find();
        while table != pg_sys::InvalidOid {
            pg_sys::LockRelationOid(table, lock as pg_sys::LOCKMODE);
            let locked = std::mem::replace(&mut table, find());
            if table == locked {
                return Ok(table);
            }
        }
    }
    Err(refusal(format!("extension todo has no table {}", name.to_string_lossy())))
}

/// The owner of a relation, or InvalidOid where there is none.
fn of_relation(relation: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: a catalog look-up; the row is released once it has been read.
    unsafe {
        let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as c_int, pg_sys::Datum::from(relation));
        if row.is_null() {
            return pg_sys::InvalidOid;
        }
        let owner = (*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_class>()).relowner;
        pg_sys::ReleaseSysCache(row);
        owner
    }
}

/// The owner of a function, or InvalidOid where there is none.
fn of_function(function: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: a catalog look-up; the row is released once it has been read.
    unsafe {
        let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as c_int, pg_sys::Datum::from(function));
        if row.is_null() {
            return pg_sys::InvalidOid;
        }
        let owner = (*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_proc>()).proowner;
        pg_sys::ReleaseSysCache(row);
        owner
    }
}

fn name_of(relation: pg_sys::Oid) -> String {
    guard::name_of(relation)
}

fn refusal(message: String) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

#[cfg(any(test, feature = "pg_test"))]
#[path = "owner_tests.rs"]
mod pg_tests;
