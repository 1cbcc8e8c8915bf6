//! PostgreSQL's catalogs, read directly. Functions do these look-ups before each statement, and SQL would make them too slow.

use pgrx::PgList;
use pgrx::pg_sys::SysCacheIdentifier::{self, NAMESPACEOID, PROCOID, RELOID, TYPEOID};
use pgrx::pg_sys::{self, InvalidOid, Oid};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};

thread_local! {
    // A backend has one thread, so this is an ordinary static variable without a lock.
    /// See [`changes`].
    static CHANGES: Cell<u64> = const { Cell::new(1) };
    /// The schemas of functions that were called. The OID of a function, modulo the size, is its place.
    static HOMES: [Cell<Home>; 16] = const { [const { Cell::new(Home { function: InvalidOid, namespace: InvalidOid, changes: 0 }) }; 16] };
}

/// The schema of a function, which is valid while [`changes`] returns what is in `changes`.
#[derive(Clone, Copy)]
struct Home {
    function: Oid,
    namespace: Oid,
    changes: u64,
}

/// Asks PostgreSQL to tell of changes, see [`changes`]. Called once, when the library is loaded.
pub fn install() {
    for cache in [PROCOID, NAMESPACEOID] {
        // SAFETY: the callback is a function of this library, which is never unloaded.
        unsafe { pg_sys::CacheRegisterSyscacheCallback(cache as c_int, Some(on_change), pg_sys::Datum::null()) };
    }
}

unsafe extern "C-unwind" fn on_change(_: pg_sys::Datum, _: c_int, _: u32) {
    CHANGES.set(CHANGES.get() + 1);
}

/// How often PostgreSQL has told this backend of a change to functions or schemas. What was found out about them is true until this
/// number changes.
pub fn changes() -> u64 {
    CHANGES.get()
}

/// The schema of a function, or InvalidOid if there is no such function. Every call of a function asks, so what PostgreSQL's
/// cache says is kept.
pub fn function_namespace(function: Oid) -> Oid {
    HOMES.with(|homes| {
        let home = &homes[function.to_u32() as usize % homes.len()];
        let known = home.get();
        if known.function == function && known.changes == changes() {
            return known.namespace;
        }
        // Read before the look-up, during which PostgreSQL may tell of a change.
        let changes = changes();
        // SAFETY: a function that is not in the catalog has no namespace.
        let namespace = unsafe { pg_sys::get_func_namespace(function) };
        home.set(Home { function, namespace, changes });
        namespace
    })
}

/// What an object depends on: a row of pg_depend.
pub struct Dependency {
    /// The catalog that the needed object is in.
    pub class: Oid,
    pub object: Oid,
}

/// A row of pg_trigger.
pub struct Trigger {
    pub table: Oid,
    pub function: Oid,
    /// For the trigger of a foreign key: the other table, and the key.
    pub other: Oid,
    pub constraint: Oid,
}

/// A trigger as the running command has just made it, or, with `before`, as it was before the command.
pub fn trigger(trigger: Oid, before: bool) -> Option<Trigger> {
    let (catalog, index) = (pg_sys::TriggerRelationId, pg_sys::TriggerOidIndexId.into());
    let columns = [
        pg_sys::Anum_pg_trigger_tgrelid as i16,
        pg_sys::Anum_pg_trigger_tgfoid as i16,
        pg_sys::Anum_pg_trigger_tgconstrrelid as i16,
        pg_sys::Anum_pg_trigger_tgconstraint as i16,
    ];
    let snapshot = if before { std::ptr::null_mut() } else { &raw mut pg_sys::SnapshotSelfData };
    let found = rows(catalog, index, [trigger], columns, snapshot);
    found.first().map(|&[table, function, other, constraint]| Trigger { table, function, other, constraint })
}

/// Columns of a foreign key, as `columns` reads them, or None if the table has no such key. The table stays locked for writing until
/// the transaction ends.
pub fn foreign_key(
    referring: Oid,
    key: Oid,
    columns: impl FnOnce(&pg_sys::ForeignKeyCacheInfo) -> [pg_sys::AttrNumber; pg_sys::INDEX_MAX_KEYS as usize],
) -> Option<Vec<pg_sys::AttrNumber>> {
    // SAFETY: the list is one of ForeignKeyCacheInfo. It can vanish whenever a catalog is looked at, although the relation is open, so
    // the columns are copied first. An ERROR closes the relation.
    unsafe {
        let relation = pg_sys::relation_open(referring, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
        let keys = PgList::<pg_sys::ForeignKeyCacheInfo>::from_pg(pg_sys::RelationGetFKeyList(relation));
        let found = keys.iter_ptr().find(|&found| (*found).conoid == key);
        let columns = found.map(|found| columns(&*found)[..(*found).nkeys as usize].to_vec());
        pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        columns
    }
}

/// Everything that an object depends on. `class` is the catalog that the object is in.
pub fn dependencies(class: Oid, object: Oid) -> Vec<Dependency> {
    // pgrx leaves pg_depend out of its bindings: its OID, that of its index on the depender, and two of its columns.
    let (catalog, depender_index) = (Oid::from_u32(2608), Oid::from_u32(2673));
    let (refclassid, refobjid) = (4, 5);
    let needed = rows(catalog, depender_index, [class, object], [refclassid, refobjid], std::ptr::null_mut());
    needed.into_iter().map(|[class, object]| Dependency { class, object }).collect()
}

/// The owner of an extension, or InvalidOid if there is none.
pub fn extension_owner(extension: Oid) -> Oid {
    let (catalog, index) = (pg_sys::ExtensionRelationId, pg_sys::ExtensionOidIndexId.into());
    let owners = rows(catalog, index, [extension], [pg_sys::Anum_pg_extension_extowner as i16], std::ptr::null_mut());
    owners.first().map_or(InvalidOid, |&[owner]| owner)
}

/// The owner of a relation, or InvalidOid if there is none.
pub fn relation_owner(relation: Oid) -> Oid {
    cached(RELOID, relation, pg_sys::Anum_pg_class_relowner)
}

/// Whether row-level security is on for a relation.
pub fn has_row_security(relation: Oid) -> bool {
    cached_value(RELOID, relation, pg_sys::Anum_pg_class_relrowsecurity).is_some_and(|value| value.value() != 0)
}

/// The owner of a function, or InvalidOid if there is none.
pub fn function_owner(function: Oid) -> Oid {
    cached(PROCOID, function, pg_sys::Anum_pg_proc_proowner)
}

/// Whether an index has columns only, and compares them with operators of PostgreSQL's own for equality.
pub fn is_plain_index(index: Oid) -> bool {
    // SAFETY: the relation cache's entry lives while the index is open. An ERROR closes it. There is an operator family for
    // each key column.
    unsafe {
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let relation = pg_sys::index_open(index, lock);
        let form = (*relation).rd_index;
        let lacks =
            |column: u32| pg_sys::heap_attisnull((*relation).rd_indextuple, column as i32, std::ptr::null_mut());
        let is_of_postgresql = |i: usize| (*(*relation).rd_opfamily.add(i)).to_u32() < pg_sys::FirstNormalObjectId;
        let is_plain = !(*form).indisexclusion
            && lacks(pg_sys::Anum_pg_index_indexprs)
            && lacks(pg_sys::Anum_pg_index_indpred)
            && (0..(*form).indnkeyatts as usize).all(is_of_postgresql);
        pg_sys::index_close(relation, lock);
        is_plain
    }
}

/// Whether a function is written in C. Only a superuser can create one.
pub fn is_in_c(function: Oid) -> bool {
    // pgrx leaves the language's OID out of its bindings.
    cached(PROCOID, function, pg_sys::Anum_pg_proc_prolang) == Oid::from_u32(13)
}

/// The owner of a type, or InvalidOid if there is none.
pub fn type_owner(type_: Oid) -> Oid {
    cached(TYPEOID, type_, pg_sys::Anum_pg_type_typowner)
}

/// The name of a relation, empty if there is none.
pub fn relation_name(relation: Oid) -> String {
    // SAFETY: a catalog look-up, whose result is NULL or a terminated string.
    unsafe { text(pg_sys::get_rel_name(relation)) }
}

/// The relation of this name in a schema, or InvalidOid.
pub fn relation_named(name: &CStr, namespace: Oid) -> Oid {
    // SAFETY: a catalog look-up by a terminated string.
    unsafe { pg_sys::get_relname_relid(name.as_ptr(), namespace) }
}

/// Whether a role is a superuser.
pub fn is_superuser(role: Oid) -> bool {
    // SAFETY: a catalog look-up, which takes any OID.
    unsafe { pg_sys::superuser_arg(role) }
}

/// A name, or nothing for NULL.
///
/// # Safety
/// `name` is NULL or a terminated string.
pub unsafe fn text(name: *const c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

/// An OID from the row that a catalog cache has for this OID. InvalidOid if there is no row.
fn cached(cache: SysCacheIdentifier::Type, oid: Oid, column: u32) -> Oid {
    cached_value(cache, oid, column).map_or(InvalidOid, oid_of)
}

/// A value that is passed by value, from the row that a catalog cache has for this OID.
fn cached_value(cache: SysCacheIdentifier::Type, oid: Oid, column: u32) -> Option<pg_sys::Datum> {
    // SAFETY: a look-up in a cache by its one key; the row is released once it has been read. An OID is passed by value.
    unsafe {
        let row = pg_sys::SearchSysCache1(cache as c_int, pg_sys::Datum::from(oid));
        if row.is_null() {
            return None;
        }
        let mut is_null = false;
        let value = pg_sys::SysCacheGetAttr(cache as c_int, row, column as i16, &raw mut is_null);
        pg_sys::ReleaseSysCache(row);
        (!is_null).then_some(value)
    }
}

/// Reads some columns, which hold OIDs, from the rows of a catalog in which the first columns of an index are these OIDs. The
/// scan uses the given snapshot of PostgreSQL's. With NULL, it does not see what the running command has just changed.
fn rows<const N: usize, const M: usize>(
    catalog: Oid,
    index: Oid,
    oids: [Oid; N],
    columns: [i16; M],
    snapshot: pg_sys::Snapshot,
) -> Vec<[Oid; M]> {
    // SAFETY: a scan by the catalog's index as the server's own code does it, ended in order; an ERROR releases all of it.
    // OIDs are passed by value.
    unsafe {
        let mut keys = [pg_sys::ScanKeyData::default(); N];
        for (i, oid) in oids.into_iter().enumerate() {
            let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
            pg_sys::ScanKeyInit(&raw mut keys[i], i as i16 + 1, equal, pg_sys::F_OIDEQ.into(), oid.into());
        }
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let catalog = pg_sys::table_open(catalog, lock);
        let scan = pg_sys::systable_beginscan(catalog, index, true, snapshot, N as c_int, keys.as_mut_ptr());
        let next = || {
            let row = pg_sys::systable_getnext(scan);
            let value = |column| {
                let mut is_null = false;
                oid_of(pg_sys::SPI_getbinval(row, (*catalog).rd_att, c_int::from(column), &raw mut is_null))
            };
            (!row.is_null()).then(|| columns.map(value))
        };
        let found = std::iter::from_fn(next).collect();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(catalog, lock);
        found
    }
}

fn oid_of(value: pg_sys::Datum) -> Oid {
    Oid::from_u32(value.value() as u32)
}

#[cfg(any(test, feature = "pg_test"))]
#[path = "catalog_tests.rs"]
mod pg_tests;
