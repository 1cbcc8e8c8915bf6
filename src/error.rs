//! How a broken rule becomes a PostgreSQL error that names its schema, table, column and constraint.
//!
//! pgrx's own reports have no place for these fields, see [`ffi`]. So errors of this library are raised here, when
//! [`boundary`](crate::boundary) has no Rust value left to drop. They never have a DETAIL, because it could show the row.

use crate::ffi;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// A column that an error can be about, with the constraint that checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    table: &'static CStr,
    pub name: &'static CStr,
    constraint: Option<&'static CStr>,
}

impl Column {
    /// A column without a constraint other than NOT NULL.
    pub const fn new(table: &'static CStr, name: &'static CStr) -> Self {
        Self { table, name, constraint: None }
    }

    /// A column with the name of its constraint.
    pub const fn checked(table: &'static CStr, name: &'static CStr, constraint: &'static CStr) -> Self {
        Self { table, name, constraint: Some(constraint) }
    }

    /// A failure about this column. It names the constraint if that was violated: for 23514 and 23503.
    pub fn failure(self, code: PgSqlErrorCode, message: impl Into<Cow<'static, str>>) -> Failure {
        let violated =
            matches!(code, PgSqlErrorCode::ERRCODE_CHECK_VIOLATION | PgSqlErrorCode::ERRCODE_FOREIGN_KEY_VIOLATION);
        let column = Self { constraint: self.constraint.filter(|_| violated), ..self };
        Failure { column: Some(column), ..Failure::new(code, message) }
    }

    /// The column's name for a message.
    pub fn label(self) -> Cow<'static, str> {
        self.name.to_string_lossy()
    }

    /// The failure when the column is NULL: 23502.
    pub fn null(self) -> Failure {
        self.failure(PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION, format!("{} must not be null", self.label()))
    }
}

/// Why a call fails, as PostgreSQL will report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: PgSqlErrorCode,
    pub message: Cow<'static, str>,
    /// The column that broke a rule, if any: the error then names its schema, table, column and constraint.
    pub column: Option<Column>,
    pub hint: Option<&'static CStr>,
}

impl Failure {
    /// A failure that is about no column.
    pub fn new(code: PgSqlErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), column: None, hint: None }
    }

    /// The same failure with a hint, which is a full sentence.
    pub fn hint(self, hint: &'static CStr) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Copies the failure into PostgreSQL's memory, for [`Report::raise`]. `namespace` is the schema of its table.
    pub fn into_report(self, namespace: pg_sys::Oid) -> Report {
        // None of our messages contains a NUL byte.
        let message = CString::new(self.message.into_owned()).unwrap_or_default();
        // SAFETY: a catalog look-up, and a copy of a terminated string. An unknown OID gives NULL, and then the error has no
        // such field.
        let (schema, message) = unsafe { (pg_sys::get_namespace_name(namespace), pg_sys::pstrdup(message.as_ptr())) };
        let or_null = |text: Option<&'static CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
        let column = self.column;
        Report {
            code: self.code as c_int,
            message,
            schema: if column.is_some() { schema } else { std::ptr::null() },
            table: or_null(column.map(|c| c.table)),
            column: or_null(column.map(|c| c.name)),
            constraint: or_null(column.and_then(|c| c.constraint)),
            hint: or_null(self.hint),
        }
    }
}

/// A failure as plain pointers into PostgreSQL's memory: nothing to drop, so an ERROR may jump over it.
#[derive(Clone, Copy)]
pub struct Report {
    code: c_int,
    message: *const c_char,
    schema: *const c_char,
    table: *const c_char,
    column: *const c_char,
    constraint: *const c_char,
    hint: *const c_char,
}

impl Report {
    /// The error for a state that cannot occur (XX000).
    pub const fn internal(message: &'static CStr) -> Self {
        let none = std::ptr::null();
        let code = PgSqlErrorCode::ERRCODE_INTERNAL_ERROR as c_int;
        Self { code, message: message.as_ptr(), schema: none, table: none, column: none, constraint: none, hint: none }
    }

    /// Raises the ERROR.
    ///
    /// # Safety
    /// It leaves by longjmp: no frame between here and PostgreSQL may hold a value with a destructor or catch unwinding.
    pub unsafe fn raise(self) -> ! {
        let fields = [
            (pg_sys::PG_DIAG_SCHEMA_NAME, self.schema),
            (pg_sys::PG_DIAG_TABLE_NAME, self.table),
            (pg_sys::PG_DIAG_COLUMN_NAME, self.column),
            (pg_sys::PG_DIAG_CONSTRAINT_NAME, self.constraint),
        ];
        // SAFETY: the calls that the ereport macro makes, in its order; errstart is always true at ERROR. Strings are
        // copied by elog.c.
        unsafe {
            ffi::errstart(pg_sys::elog::PgLogLevel::ERROR as c_int, std::ptr::null());
            ffi::errcode(self.code);
            ffi::errmsg_internal(c"%s".as_ptr(), self.message);
            if !self.hint.is_null() {
                ffi::errhint(c"%s".as_ptr(), self.hint);
            }
            for (field, text) in fields {
                if !text.is_null() {
                    ffi::err_generic_string(field as c_int, text);
                }
            }
            ffi::errfinish(std::ptr::null(), 0, std::ptr::null());
        }
        unreachable!("errfinish returned at ERROR")
    }
}

/// Does `work`, and keeps its errors from showing a row. When a constraint fails, PostgreSQL shows the row in the DETAIL if the
/// current role may read it. That role is the owner here, but the error goes to the caller. Our triggers report rows that
/// break our rules without showing them, but an application may have constraints of its own.
///
/// # Safety
/// `work` must not unwind. An ERROR may pass: PostgreSQL puts the error context back where it catches one.
pub unsafe fn hiding_rows<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: only the backend's one thread uses the stack of contexts, and `hider` is taken off it before it is dropped.
    unsafe {
        let mut hider = pg_sys::ErrorContextCallback {
            previous: pg_sys::error_context_stack,
            callback: Some(hide_row),
            arg: std::ptr::null_mut(),
        };
        pg_sys::error_context_stack = &raw mut hider;
        let result = work();
        pg_sys::error_context_stack = hider.previous;
        result
    }
}

unsafe extern "C-unwind" fn hide_row(_: *mut c_void) {
    const WITH_ROW: [PgSqlErrorCode; 4] = [
        PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
        // The row that is there already.
        PgSqlErrorCode::ERRCODE_EXCLUSION_VIOLATION,
        PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION,
        PgSqlErrorCode::ERRCODE_WITH_CHECK_OPTION_VIOLATION,
    ];
    // SAFETY: elog.c calls this while it finishes an error, which these functions read and change. CopyErrorData needs
    // another memory context than the one elog.c is in.
    unsafe {
        let code = ffi::geterrcode();
        if !WITH_ROW.iter().any(|&with_row| with_row as c_int == code) {
            return;
        }
        let elog_context = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
        let error = ffi::CopyErrorData();
        let has_detail = !(*error).detail.is_null();
        ffi::FreeErrorData(error);
        pg_sys::MemoryContextSwitchTo(elog_context);
        if has_detail {
            ffi::errdetail_internal(c"The row is not shown.".as_ptr());
        }
    }
}
