//! PostgreSQL's catalogs, read directly. Functions look things up before each statement, which would cost too much by SQL.

use pgrx::pg_sys::SysCacheIdentifier::{PROCOID, RELOID, TYPEOID};
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_char, c_int};

/// A row of a catalog, as the struct of its fixed columns.
///
/// # Safety
/// Rows of the catalog with OID `CATALOG` begin with this struct.
pub unsafe trait Row {
    const CATALOG: Oid;
}

/// A row that PostgreSQL caches by its OID.
///
/// # Safety
/// The cache `CACHE` has rows of this catalog, and its only key is their OID.
pub unsafe trait Cached: Row {
    const CACHE: pg_sys::SysCacheIdentifier::Type;
}

/// A row of pg_depend. pgrx's bindings leave this catalog out.
#[repr(C)]
pub struct Dependency {
    class: Oid,
    object: Oid,
    part: i32,
    pub needed_class: Oid,
    pub needed: Oid,
}

/// The index of pg_depend on its first three columns.
const DEPENDER_INDEX: Oid = Oid::from_u32(2673);

// SAFETY: the structs are those of PostgreSQL's headers, and the caches those of syscache.c.
unsafe impl Row for Dependency {
    const CATALOG: Oid = Oid::from_u32(2608);
}
// SAFETY: as above.
unsafe impl Row for pg_sys::FormData_pg_extension {
    const CATALOG: Oid = pg_sys::ExtensionRelationId;
}
// SAFETY: as above.
unsafe impl Row for pg_sys::FormData_pg_class {
    const CATALOG: Oid = pg_sys::RelationRelationId;
}
// SAFETY: as above.
unsafe impl Cached for pg_sys::FormData_pg_class {
    const CACHE: pg_sys::SysCacheIdentifier::Type = RELOID;
}
// SAFETY: as above.
unsafe impl Row for pg_sys::FormData_pg_proc {
    const CATALOG: Oid = pg_sys::ProcedureRelationId;
}
// SAFETY: as above.
unsafe impl Cached for pg_sys::FormData_pg_proc {
    const CACHE: pg_sys::SysCacheIdentifier::Type = PROCOID;
}
// SAFETY: as above.
unsafe impl Row for pg_sys::FormData_pg_type {
    const CATALOG: Oid = pg_sys::TypeRelationId;
}
// SAFETY: as above.
unsafe impl Cached for pg_sys::FormData_pg_type {
    const CACHE: pg_sys::SysCacheIdentifier::Type = TYPEOID;
}

/// Reads something from the cached row with this OID. None if there is no such row.
pub fn cached<R: Cached, T>(oid: Oid, read: impl FnOnce(&R) -> T) -> Option<T> {
    // SAFETY: the row begins with an R, as the trait promises, and is released once it has been read.
    unsafe {
        let row = pg_sys::SearchSysCache1(R::CACHE as c_int, pg_sys::Datum::from(oid));
        if row.is_null() {
            return None;
        }
        let value = read(&*pg_sys::GETSTRUCT(row).cast());
        pg_sys::ReleaseSysCache(row);
        Some(value)
    }
}

/// Calls `visit` for each row of a catalog in which the first columns of the index are these OIDs.
pub fn scan<R: Row, const N: usize>(index: Oid, oids: [Oid; N], mut visit: impl FnMut(&R)) {
    // SAFETY: a scan by the catalog's index as the server's own code does it, ended in order; an ERROR releases all of it.
    // Rows begin with an R, as the trait promises.
    unsafe {
        let mut keys = [pg_sys::ScanKeyData::default(); N];
        for (i, oid) in oids.into_iter().enumerate() {
            let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
            pg_sys::ScanKeyInit(&raw mut keys[i], i as i16 + 1, equal, pg_sys::F_OIDEQ.into(), oid.into());
        }
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let catalog = pg_sys::table_open(R::CATALOG, lock);
        let scan =
            pg_sys::systable_beginscan(catalog, index, true, std::ptr::null_mut(), N as c_int, keys.as_mut_ptr());
        loop {
            let row = pg_sys::systable_getnext(scan);
            if row.is_null() {
                break;
            }
            visit(&*pg_sys::GETSTRUCT(row).cast());
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(catalog, lock);
    }
}

/// Calls `visit` for everything that an object depends on.
pub fn dependencies(class: Oid, object: Oid, visit: impl FnMut(&Dependency)) {
    scan(DEPENDER_INDEX, [class, object], visit);
}

/// The owner of a relation, or InvalidOid where there is none.
pub fn relation_owner(relation: Oid) -> Oid {
    cached(relation, |row: &pg_sys::FormData_pg_class| row.relowner).unwrap_or(pg_sys::InvalidOid)
}

/// The owner of a function, or InvalidOid where there is none.
pub fn function_owner(function: Oid) -> Oid {
    cached(function, |row: &pg_sys::FormData_pg_proc| row.proowner).unwrap_or(pg_sys::InvalidOid)
}

/// The owner of a type, or InvalidOid where there is none.
pub fn type_owner(type_: Oid) -> Oid {
    cached(type_, |row: &pg_sys::FormData_pg_type| row.typowner).unwrap_or(pg_sys::InvalidOid)
}

/// The name of a relation, empty where there is none.
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

#[cfg(any(test, feature = "pg_test"))]
#[path = "catalog_tests.rs"]
mod pg_tests;
