//! The SQL statements in `sql/statements/`. A session prepares each of them at its first call, and keeps the plan.
//!
//! A statement names its tables with the extension's schema. But a name can come to mean another table. So PostgreSQL
//! analyses the text again whenever something about its tables or names has changed. It calls [`set_up_parser`]
//! each time, which refuses every table that is not the extension's. So a plan that runs always uses the extension's
//! tables, and PostgreSQL has locked them by then.

use crate::catalog;
use crate::error::{Failure, Report, hiding_rows};
use crate::ffi;
use crate::owner::{self, Access};
use crate::role;
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::{IntoDatum, PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_int, c_void};
use std::panic::AssertUnwindSafe;

/// Declares the statement in `sql/statements/<file>.sql`, the types of its parameters, and with whose rights it runs.
macro_rules! statement {
    ($name:ident = $file:literal ($($parameter:ident),*)) => {
        $crate::statement::statement!($name = $file($($parameter),*) with $crate::statement::Rights::Caller);
    };
    ($name:ident = $file:literal ($($parameter:ident),*) with $rights:expr) => {
        static $name: $crate::statement::Statement<{ <[&str]>::len(&[$(stringify!($parameter)),*]) }> =
            $crate::statement::Statement::new(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/statements/", $file, ".sql")),
                [$(pgrx::pg_sys::$parameter),*],
                $rights,
            );
    };
}
pub(crate) use statement;

/// With whose rights a statement runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// The current user's.
    Caller,
    /// Those of a table's owner, see [`owner`]; and what the statement does with the table.
    Owner(&'static CStr, Access),
}

/// A statement with `N` parameters, and its plan once it has been prepared.
pub struct Statement<const N: usize> {
    /// The text; `@extschema@` stands for the extension's schema, as in an install script.
    sql: &'static str,
    parameters: [pg_sys::Oid; N],
    rights: Rights,
    kept: RefCell<Option<Kept>>,
}

// SAFETY: a backend runs SQL, and with it all of this library, in one thread.
unsafe impl<const N: usize> Sync for Statement<N> {}

/// A plan, and the schema that its text names. DROP and CREATE EXTENSION in one session may move the extension.
struct Kept {
    namespace: pg_sys::Oid,
    schema: CString,
    /// When that was last found to be the schema's name, see [`catalog::changes`].
    changes: u64,
    plan: pg_sys::SPIPlanPtr,
}

/// A plan and its arguments, ready to run. Plain values, because an ERROR jumps over them.
#[derive(Clone, Copy)]
pub struct Execution {
    pub plan: pg_sys::SPIPlanPtr,
    pub params: pg_sys::ParamListInfo,
    /// The role to run as, or InvalidOid for the current one.
    pub role: pg_sys::Oid,
}

impl Execution {
    /// Runs the plan. Its rows go to `dest`, or where that is NULL into SPI's table.
    ///
    /// # Safety
    /// SPI is connected. An ERROR passes as PostgreSQL made it, see [`ffi`].
    pub unsafe fn run(self, dest: *mut pg_sys::DestReceiver) {
        let options = pg_sys::SPIExecuteOptions { params: self.params, dest, ..pg_sys::SPIExecuteOptions::default() };
        // SAFETY: the caller's promise; the plan is kept, and the parameters are those of its statement.
        unsafe {
            let run = || ffi::SPI_execute_plan_extended(self.plan, &raw const options);
            if hiding_rows(|| role::acting_as(self.role, run)) < 0 {
                Report::internal(c"a kept plan could not be run").raise();
            }
        }
    }
}

impl<const N: usize> Statement<N> {
    /// To be called by [`statement!`], which counts the parameters.
    pub const fn new(sql: &'static str, parameters: [pg_sys::Oid; N], rights: Rights) -> Self {
        Self { sql, parameters, rights, kept: RefCell::new(None) }
    }

    /// The statement on the tables in schema `namespace`, with its parameters bound in order; `None` is NULL.
    ///
    /// Errors: 55000 where something is in the way of the owner's rights, see [`owner::of_table`].
    pub fn bind(
        &'static self,
        namespace: pg_sys::Oid,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> Result<Execution, Failure> {
        let role = match self.rights {
            Rights::Caller => pg_sys::InvalidOid,
            Rights::Owner(table, access) => owner::of_table(table, namespace, access)?,
        };
        let plan = role::acting_as(role, || self.plan(namespace));
        Ok(Execution { plan, params: self.params(arguments), role })
    }

    /// Values as PostgreSQL's executor takes them. Nothing else should see them, because an argument may be a hash. Without
    /// PARAM_FLAG_CONST no plan contains them, and with a function that fetches them no log does.
    fn params(&self, arguments: [Option<pg_sys::Datum>; N]) -> pg_sys::ParamListInfo {
        // SAFETY: makeParamList makes room for N parameters, in memory that outlives the call of the function.
        unsafe {
            let params = pg_sys::makeParamList(N as c_int);
            if N > 0 {
                (*params).paramFetch = Some(fetch_param);
                let slots = (*params).params.as_mut_ptr();
                for (i, value) in arguments.into_iter().enumerate() {
                    *slots.add(i) = pg_sys::ParamExternData {
                        value: value.unwrap_or(pg_sys::Datum::null()),
                        isnull: value.is_none(),
                        pflags: 0,
                        ptype: self.parameters[i],
                    };
                }
            }
            params
        }
    }

    /// Runs the statement now, and returns the first columns of its first row as text.
    pub fn first_row<const COLUMNS: usize>(
        &'static self,
        namespace: pg_sys::Oid,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> Result<Option<[Option<String>; COLUMNS]>, Failure> {
        // SAFETY: the table is that of the statement which has just run, and SPI_getvalue's strings are SPI's until
        // SPI_finish; a column that is not there is NULL.
        self.run(namespace, arguments, |rows| unsafe {
            let table = pg_sys::SPI_tuptable;
            (rows > 0 && !table.is_null()).then(|| {
                std::array::from_fn(|i| {
                    let value = pg_sys::SPI_getvalue(*(*table).vals, (*table).tupdesc, i as i32 + 1);
                    (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
                })
            })
        })
    }

    /// Runs the statement under pgrx's guard, for a function that has more to do afterwards.
    fn run<T>(
        &'static self,
        namespace: pg_sys::Oid,
        arguments: [Option<pg_sys::Datum>; N],
        read: impl FnOnce(u64) -> T,
    ) -> Result<T, Failure> {
        let execution = self.bind(namespace, arguments)?;
        // SAFETY: SPI as documented. The boundary turns an ERROR into an unwinding, as pgrx does for the functions it binds;
        // SPI's state ends with the transaction then.
        unsafe {
            pg_guard_ffi_boundary(|| {
                ffi::SPI_connect();
                execution.run(std::ptr::null_mut());
            });
            let result = read(pg_sys::SPI_processed);
            pg_sys::SPI_finish();
            Ok(result)
        }
    }

    /// Runs the statement now, and returns how many rows it changed. It runs in a subtransaction: an error undoes it, and is
    /// ignored unless it is a cancel.
    pub fn try_execute(&'static self, namespace: pg_sys::Oid, arguments: [Option<pg_sys::Datum>; N]) -> u64 {
        // SAFETY: as PL/pgSQL does for a block with an EXCEPTION clause: the context and resource owner that were
        // current before the subtransaction are so again after it.
        unsafe {
            let (context, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
            let restore = || {
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
            };
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            pg_sys::MemoryContextSwitchTo(context);
            PgTryBuilder::new(AssertUnwindSafe(|| {
                let rows = self.run(namespace, arguments, |rows| rows).unwrap_or(0);
                pg_sys::ReleaseCurrentSubTransaction();
                restore();
                rows
            }))
            .catch_others(|cause| {
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
                restore();
                if is_cancel(&cause) { cause.rethrow() } else { 0 }
            })
            .execute()
        }
    }

    fn plan(&'static self, namespace: pg_sys::Oid) -> pg_sys::SPIPlanPtr {
        // Read before the look-up below, during which PostgreSQL may tell of a change.
        let changes = catalog::changes();
        if let Some(kept) = &*self.kept.borrow()
            && (kept.namespace, kept.changes) == (namespace, changes)
        {
            return kept.plan;
        }
        // SAFETY: the name, if there is one, is a terminated string.
        let schema = unsafe {
            let name = pg_sys::get_namespace_name(namespace);
            assert!(!name.is_null(), "the function's schema has been dropped while it was in use");
            CStr::from_ptr(name)
        };
        if let Some(kept) = &mut *self.kept.borrow_mut()
            && kept.schema.as_c_str() == schema
        {
            (kept.namespace, kept.changes) = (namespace, changes);
            return kept.plan;
        }
        let plan = self.prepare(schema);
        // A plan for another schema is not freed: a caller further up the stack may be running it.
        self.kept.replace(Some(Kept { namespace, schema: schema.to_owned(), changes, plan }));
        plan
    }

    fn prepare(&'static self, schema: &CStr) -> pg_sys::SPIPlanPtr {
        // SAFETY: SPI as documented: connect, prepare, keep, finish. An ERROR on the way ends the transaction's SPI
        // state with it. quote_identifier's result lives in this memory context or is its argument. The argument of
        // the parser's set-up lives as long as the backend.
        unsafe {
            let quoted = CStr::from_ptr(pg_sys::quote_identifier(schema.as_ptr()));
            // A UTF-8 database has UTF-8 names, and the extension installs in no other.
            let sql = self.sql.replace("@extschema@", &quoted.to_string_lossy());
            let sql = CString::new(sql).expect("the statement's text holds no NUL");
            let options = pg_sys::SPIPrepareOptions {
                parserSetup: Some(set_up_parser::<N>),
                parserSetupArg: (&raw const self.parameters).cast_mut().cast(),
                parseMode: pg_sys::RawParseMode::RAW_PARSE_DEFAULT,
                // One plan serves all arguments.
                cursorOptions: pg_sys::CURSOR_OPT_GENERIC_PLAN as c_int,
            };
            pg_sys::SPI_connect();
            let plan = pg_sys::SPI_prepare_extended(sql.as_ptr(), &raw const options);
            assert!(!plan.is_null(), "SPI_prepare refused a statement of this library");
            pg_sys::SPI_keepplan(plan);
            pg_sys::SPI_finish();
            plan
        }
    }
}

/// PostgreSQL calls this whenever it analyses a statement's text. `parameters` are the types of its `N` parameters.
unsafe extern "C-unwind" fn set_up_parser<const N: usize>(pstate: *mut pg_sys::ParseState, parameters: *mut c_void) {
    // SAFETY: the argument is what `prepare` gave; the parser looks at the types while it analyses the statement.
    unsafe {
        ffi::setup_parse_fixed_parameters(pstate, parameters.cast(), N as c_int);
        (*pstate).p_pre_columnref_hook = Some(refuse_other_tables);
    }
}

/// PostgreSQL calls this for each column that a statement names. Each statement names one in WHERE or RETURNING, when all of
/// its tables are known.
unsafe extern "C-unwind" fn refuse_other_tables(
    pstate: *mut pg_sys::ParseState,
    _column: *mut pg_sys::ColumnRef,
) -> *mut pg_sys::Node {
    // SAFETY: called by the parser, where an ERROR may be raised: this frame holds plain values only. The range table
    // is a list of RangeTblEntry, or NULL.
    unsafe {
        let refused: Option<Report> = pgrx_extern_c_guard(|| {
            let tables = (*pstate).p_rtable;
            let count = if tables.is_null() { 0 } else { (*tables).length as usize };
            (0..count).find_map(|i| {
                let entry: *mut pg_sys::RangeTblEntry = (*(*tables).elements.add(i)).ptr_value.cast();
                if (*entry).rtekind != pg_sys::RTEKind::RTE_RELATION {
                    return None;
                }
                owner::must_be_member((*entry).relid).err().map(|failure| failure.into_report(pg_sys::InvalidOid))
            })
        });
        if let Some(report) = refused {
            report.raise();
        }
    }
    std::ptr::null_mut()
}

/// The executor calls this for the value of a parameter.
unsafe extern "C-unwind" fn fetch_param(
    params: pg_sys::ParamListInfo,
    number: c_int,
    _speculative: bool,
    _workspace: *mut pg_sys::ParamExternData,
) -> *mut pg_sys::ParamExternData {
    // SAFETY: the executor asks for parameters that the plan has, counted from 1, and `params` holds all of them.
    unsafe { (*params).params.as_mut_ptr().add(number as usize - 1) }
}

fn is_cancel(cause: &CaughtError) -> bool {
    use PgSqlErrorCode::{ERRCODE_ADMIN_SHUTDOWN, ERRCODE_QUERY_CANCELED};
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = cause;
    matches!(report.sql_error_code(), ERRCODE_QUERY_CANCELED | ERRCODE_ADMIN_SHUTDOWN)
}

/// A value as the argument of [`Statement::bind`].
pub fn datum(value: impl IntoDatum) -> Option<pg_sys::Datum> {
    value.into_datum()
}

#[cfg(any(test, feature = "pg_test"))]
#[path = "statement_tests.rs"]
mod pg_tests;
