//! The boundary between PostgreSQL and Rust: how SQL functions and triggers are entered, and how results go back.
//!
//! An entry point works in two halves. The first runs under pgrx's guard, where a panic or an ERROR unwinds. It reads
//! arguments, applies rules and decides what to do. The second half does that: it raises an error, or runs a kept plan and
//! hands over the rows. It holds plain values only and calls PostgreSQL directly, see [`ffi`]. So an ERROR (a foreign key, a
//! deadlock, a cancel) reaches the caller as PostgreSQL made it, with its constraint and context.

use crate::catalog;
use crate::error::{Column, Failure, Report};
use crate::ffi;
use crate::row::Trigger;
use crate::statement::{Execution, Statement};
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::{FromDatum, PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, c_int};

/// Declares a set-returning SQL function `name`. Its body decides which statement makes the rows.
macro_rules! set_function {
    ($(#[$doc:meta])* fn $name:ident($call:ident) $body:block) => {
        $crate::boundary::entry_point! { $(#[$doc])* fn $name(fcinfo) {
            type Outcome = Result<$crate::statement::Execution, $crate::error::Failure>;
            fn body($call: &$crate::boundary::Call) -> Outcome $body
            // SAFETY: PostgreSQL calls this symbol as a version-1 function, with a valid fcinfo.
            unsafe { $crate::boundary::run_set_function(fcinfo, body) }
        } }
    };
}
pub(crate) use set_function;

/// Declares a SQL function `name` with one value, or NULL, as its result.
macro_rules! scalar_function {
    ($(#[$doc:meta])* fn $name:ident($call:ident) $body:block) => {
        $crate::boundary::entry_point! { $(#[$doc])* fn $name(fcinfo) {
            type Outcome = Result<Option<pgrx::pg_sys::Datum>, $crate::error::Failure>;
            fn body($call: &$crate::boundary::Call) -> Outcome $body
            // SAFETY: PostgreSQL calls this symbol as a version-1 function, with a valid fcinfo.
            unsafe { $crate::boundary::run_scalar_function(fcinfo, body) }
        } }
    };
}
pub(crate) use scalar_function;

/// Declares a BEFORE ROW trigger function `name`. Its body may change or refuse the new row.
macro_rules! trigger_function {
    ($(#[$doc:meta])* fn $name:ident($trigger:ident) $body:block) => {
        $crate::boundary::entry_point! { $(#[$doc])* fn $name(fcinfo) {
            fn body($trigger: &mut $crate::row::Trigger) -> Result<(), $crate::error::Failure> $body
            // SAFETY: PostgreSQL calls this symbol as a version-1 function, with a valid fcinfo.
            unsafe { $crate::boundary::run_trigger_function(fcinfo, body) }
        } }
    };
}
pub(crate) use trigger_function;

/// Declares a symbol that PostgreSQL can call, and the record that tells PostgreSQL so.
macro_rules! entry_point {
    ($(#[$doc:meta])* fn $name:ident($fcinfo:ident) $body:block) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $name($fcinfo: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum $body

        const _: () = {
            #[unsafe(export_name = concat!("pg_finfo_", stringify!($name)))]
            extern "C" fn finfo() -> &'static pgrx::pg_sys::Pg_finfo_record {
                &pgrx::pg_sys::Pg_finfo_record { api_version: 1 }
            }
        };
    };
}
pub(crate) use entry_point;

// An ERROR jumps over the values of the second half, so none of them may have a destructor.
const _: () = assert!(!std::mem::needs_drop::<Result<Execution, Report>>());
const _: () = assert!(!std::mem::needs_drop::<Result<pg_sys::HeapTuple, Report>>());

/// The arguments of one call.
pub struct Call {
    fcinfo: pg_sys::FunctionCallInfo,
    /// The schema of the called function, which is the extension's.
    pub namespace: pg_sys::Oid,
}

impl Call {
    /// Errors: 42883 the function has been dropped, which can happen while a query that calls it runs.
    ///
    /// # Safety
    /// `fcinfo` is that of the running call.
    unsafe fn new(fcinfo: pg_sys::FunctionCallInfo) -> Result<Self, Failure> {
        // SAFETY: the caller's promise.
        let namespace = catalog::function_namespace(unsafe { (*(*fcinfo).flinfo).fn_oid });
        if namespace == pg_sys::InvalidOid {
            let message = "function was dropped while it was in use";
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION, message));
        }
        Ok(Self { fcinfo, namespace })
    }

    /// The statement that makes the function's rows, with its arguments in order; `None` is NULL. Errors: as [`Statement::bind`].
    pub fn run<const N: usize>(
        &self,
        statement: &'static Statement<N>,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> Result<Execution, Failure> {
        statement.bind(self.namespace, arguments)
    }

    /// Runs a statement now: the first columns of its first row as text, see [`Statement::first_row`].
    pub fn first_row<const N: usize, const COLUMNS: usize>(
        &self,
        statement: &'static Statement<N>,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> Result<Option<[Option<String>; COLUMNS]>, Failure> {
        statement.first_row(self.namespace, arguments)
    }

    /// Runs a statement now, where an error does not matter: how many rows it changed, see [`Statement::try_execute`].
    pub fn try_execute<const N: usize>(
        &self,
        statement: &'static Statement<N>,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> u64 {
        statement.try_execute(self.namespace, arguments)
    }

    /// An argument, or none when it is NULL. Text is detoasted.
    pub fn argument<T: FromDatum>(&self, index: usize) -> Option<T> {
        // SAFETY: fcinfo is valid while the call runs, and the SQL declaration gives the argument this type.
        unsafe { pgrx::pg_getarg(self.fcinfo, index) }
    }

    /// An argument that must not be NULL. Errors: 23502, with the name of the argument and the column that it is for.
    pub fn required<T: FromDatum>(&self, index: usize, name: &str, column: Column) -> Result<T, Failure> {
        self.argument(index).ok_or_else(|| {
            column.failure(PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION, format!("argument {name} must not be null"))
        })
    }

    /// The event and the command that an event trigger fires for. Errors: 39P03 the function was not called by an event trigger,
    /// or by one that fires at a login.
    pub fn event(&self) -> Result<(&CStr, *mut pg_sys::Node), Failure> {
        let misused = || {
            let code = PgSqlErrorCode::ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED;
            Failure::new(code, "function must be called as an event trigger on commands")
        };
        // SAFETY: the context is NULL or a node; only an EventTriggerData is read further. Its event is a terminated string.
        unsafe {
            let context = (*self.fcinfo).context;
            if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_EventTriggerData {
                return Err(misused());
            }
            let data = &*context.cast::<pg_sys::EventTriggerData>();
            if data.parsetree.is_null() { Err(misused()) } else { Ok((CStr::from_ptr(data.event), data.parsetree)) }
        }
    }

    /// The size in bytes of a text argument, known without detoasting it.
    pub fn text_bytes(&self, index: usize) -> Option<usize> {
        // SAFETY: as in `argument`; the declared type is text.
        unsafe { pgrx::pg_getarg_datum(self.fcinfo, index).map(|datum| raw_text_bytes(datum)) }
    }
}

/// The size in bytes of a text, known without detoasting it.
///
/// # Safety
/// `datum` is a valid text or varchar.
pub unsafe fn raw_text_bytes(datum: pg_sys::Datum) -> usize {
    // SAFETY: the caller's promise.
    unsafe { pg_sys::toast_raw_datum_size(datum) - pg_sys::VARHDRSZ }
}

/// # Safety
/// To be called by PostgreSQL's function manager only, through [`set_function!`].
pub unsafe fn run_set_function(
    fcinfo: pg_sys::FunctionCallInfo,
    body: fn(&Call) -> Result<Execution, Failure>,
) -> pg_sys::Datum {
    // SAFETY: this is the outermost Rust frame, and it holds plain values only.
    unsafe {
        let decided = pgrx_extern_c_guard(|| {
            let call = Call::new(fcinfo).map_err(|failure| failure.into_report(pg_sys::InvalidOid))?;
            check_materialize((*fcinfo).resultinfo.cast())
                .and_then(|()| body(&call))
                .map_err(|failure| failure.into_report(call.namespace))
        });
        match decided {
            Ok(execution) => execute(fcinfo, execution),
            Err(report) => report.raise(),
        }
    }
}

/// # Safety
/// To be called by PostgreSQL's function manager only, through [`scalar_function!`].
pub unsafe fn run_scalar_function(
    fcinfo: pg_sys::FunctionCallInfo,
    body: fn(&Call) -> Result<Option<pg_sys::Datum>, Failure>,
) -> pg_sys::Datum {
    // SAFETY: this is the outermost Rust frame, and it holds plain values only.
    unsafe {
        let decided = pgrx_extern_c_guard(|| {
            let call = Call::new(fcinfo).map_err(|failure| failure.into_report(pg_sys::InvalidOid))?;
            body(&call).map_err(|failure| failure.into_report(call.namespace))
        });
        match decided {
            Ok(value) => {
                (*fcinfo).isnull = value.is_none();
                value.unwrap_or(pg_sys::Datum::null())
            }
            Err(report) => report.raise(),
        }
    }
}

/// # Safety
/// To be called by PostgreSQL's trigger manager only, through [`trigger_function!`].
pub unsafe fn run_trigger_function(
    fcinfo: pg_sys::FunctionCallInfo,
    body: fn(&mut Trigger) -> Result<(), Failure>,
) -> pg_sys::Datum {
    // SAFETY: this is the outermost Rust frame, and it holds plain values only.
    unsafe {
        let decided: Result<pg_sys::HeapTuple, Report> = pgrx_extern_c_guard(|| {
            let mut trigger = Trigger::from_fcinfo(fcinfo).map_err(|f| f.into_report(pg_sys::InvalidOid))?;
            let namespace = trigger.namespace();
            body(&mut trigger).map_err(|failure| failure.into_report(namespace))?;
            Ok(trigger.into_tuple())
        });
        match decided {
            Ok(tuple) => pg_sys::Datum::from(tuple),
            Err(report) => report.raise(),
        }
    }
}

/// Fails with 0A000 unless the caller takes a set as a tuplestore and says of which type the rows are. Wherever PostgreSQL
/// allows a set at all, it does both.
fn check_materialize(info: *const pg_sys::ReturnSetInfo) -> Result<(), Failure> {
    // SAFETY: resultinfo is NULL or a node; only a ReturnSetInfo is read further.
    let accepted = unsafe {
        !info.is_null()
            && (*info).type_ == pg_sys::NodeTag::T_ReturnSetInfo
            && (*info).allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize as c_int != 0
            && !(*info).expectedDesc.is_null()
    };
    accepted.then_some(()).ok_or_else(|| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
            "set-returning function is called where a set is not accepted",
        )
    })
}

/// Runs a plan. Its rows become the function's result: they go straight into it, as with PL/pgSQL's RETURN QUERY. Rows of
/// another type than the result's are an error (42804).
///
/// # Safety
/// `fcinfo` passed [`check_materialize`]; no frame up to PostgreSQL holds a value with a destructor.
unsafe fn execute(fcinfo: pg_sys::FunctionCallInfo, execution: Execution) -> pg_sys::Datum {
    // SAFETY: called as the server's own set-returning functions call them. The store lives in the query's memory, as the
    // descriptor does; the receiver copies the rows into the store.
    unsafe {
        let info: *mut pg_sys::ReturnSetInfo = (*fcinfo).resultinfo.cast();
        let query_context = (*(*info).econtext).ecxt_per_query_memory;
        let random = (*info).allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random as c_int != 0;
        let caller_context = pg_sys::MemoryContextSwitchTo(query_context);
        let store = ffi::tuplestore_begin_heap(random, false, pg_sys::work_mem);
        pg_sys::MemoryContextSwitchTo(caller_context);
        (*info).returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
        (*info).setResult = store;
        // The receiver makes rows of the type that the caller expects, so the caller need not compare theirs with it.
        (*info).setDesc = std::ptr::null_mut();

        let receiver = ffi::CreateDestReceiver(pg_sys::CommandDest::DestTuplestore);
        let mismatch = c"structure of query does not match function result type";
        ffi::SetTuplestoreDestReceiverParams(
            receiver,
            store,
            query_context,
            false,
            (*info).expectedDesc,
            mismatch.as_ptr(),
        );

        ffi::SPI_connect();
        execution.run(receiver);
        ffi::SPI_finish();
        (*fcinfo).isnull = true;
        pg_sys::Datum::null()
    }
}

#[cfg(feature = "pg_test")]
#[path = "boundary_tests.rs"]
mod pg_tests;
