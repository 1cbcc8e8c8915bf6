//! PostgreSQL's functions that are called directly, without pgrx. pgrx leaves some of them out of its bindings, and wraps the
//! others.
//!
//! A wrapped function catches an ERROR and raises it again. The error report of pgrx 0.18.1 keeps its SQLSTATE, message,
//! detail and hint, but not its schema, table, column, constraint and context, by which applications tell what went wrong.
//! Functions declared here let an ERROR pass as PostgreSQL made it, by longjmp. So they may be called only
//!
//! - where no frame up to PostgreSQL holds a value with a destructor, or
//! - within `pg_guard_ffi_boundary`, which does what pgrx's wrapping does.

use pgrx::pg_sys;
use std::ffi::{c_char, c_int};

// elog.c
unsafe extern "C-unwind" {
    pub fn errstart(level: c_int, domain: *const c_char) -> bool;
    pub fn errcode(sqlstate: c_int) -> c_int;
    pub fn errmsg_internal(format: *const c_char, ...) -> c_int;
    pub fn errdetail_internal(format: *const c_char, ...) -> c_int;
    pub fn errhint(format: *const c_char, ...) -> c_int;
    pub fn err_generic_string(field: c_int, text: *const c_char) -> c_int;
    pub fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
    pub fn geterrcode() -> c_int;
    pub fn CopyErrorData() -> *mut pg_sys::ErrorData;
    pub fn FreeErrorData(error: *mut pg_sys::ErrorData);
}

// spi.c, tuplestore.c, tstoreReceiver.c, dest.c
unsafe extern "C-unwind" {
    pub fn SPI_connect() -> c_int;
    pub fn SPI_execute_plan_extended(plan: pg_sys::SPIPlanPtr, options: *const pg_sys::SPIExecuteOptions) -> c_int;
    pub fn SPI_finish() -> c_int;
    pub fn tuplestore_begin_heap(random: bool, across: bool, kilobytes: c_int) -> *mut pg_sys::Tuplestorestate;
    pub fn CreateDestReceiver(kind: pg_sys::CommandDest::Type) -> *mut pg_sys::DestReceiver;
    pub fn SetTuplestoreDestReceiverParams(
        receiver: *mut pg_sys::DestReceiver,
        store: *mut pg_sys::Tuplestorestate,
        context: pg_sys::MemoryContext,
        detoast: bool,
        target: pg_sys::TupleDesc,
        failure: *const c_char,
    );
}

// parse_param.c, hashfn.c, datum.c, pg_inherits.c
unsafe extern "C-unwind" {
    pub fn find_all_inheritors(
        parent: pg_sys::Oid,
        lock: pg_sys::LOCKMODE,
        parent_counts: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
    pub fn setup_parse_fixed_parameters(pstate: *mut pg_sys::ParseState, types: *const pg_sys::Oid, count: c_int);
    pub fn hash_bytes(key: *const u8, length: c_int) -> u32;
    pub fn datum_image_eq(a: pg_sys::Datum, b: pg_sys::Datum, by_value: bool, length: c_int) -> bool;
}
