//! SQL statements (`sql/statements/`) whose plans are kept per session: prepared at the first call, used ever after.

use crate::error::row_hider;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::{IntoDatum, PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::AssertUnwindSafe;

/// The most parameters a statement has.
const PARAMETERS_MAX: usize = 4;

/// Declares the statement in `sql/statements/<file>.sql`, with the types of its parameters, and with whose rights it runs.
macro_rules! statement {
    ($name:ident = $file:literal ($($parameter:ident),*)) => {
        $crate::statement::statement!($name = $file($($parameter),*) with Caller);
    };
    ($name:ident = $file:literal ($($parameter:ident),*) with $rights:ident) => {
        thread_local! {
            // A backend has one thread; this is how Rust spells a static that it need not share.
            static $name: $crate::statement::Statement = const { $crate::statement::Statement::new(
                include_str!(concat!("../sql/statements/", $file, ".sql")),
                &[$(pgrx::pg_sys::$parameter),*],
                $crate::statement::Rights::$rights,
            ) };
        }
    };
}
pub(crate) use statement;

/// With whose rights a statement runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// The current user's.
    Caller,
    /// Those of the owner of `users`, as in PostgreSQL's own checks of references: the owner may have put triggers and
    /// constraints there, which must not run with the rights of a superuser who owns the function.
    TableOwner,
}

/// A statement, and its plan once it has been prepared.
pub struct Statement {
    /// The text; `@extschema@` stands for the extension's schema, as in an install script.
    sql: &'static str,
    parameters: &'static [pg_sys::Oid],
    rights: Rights,
    kept: Cell<Option<Kept>>,
}

/// A plan, and the schema that its text names. DROP and CREATE EXTENSION in one session may move the extension.
#[derive(Clone, Copy)]
struct Kept {
    schema: pg_sys::NameData,
    plan: pg_sys::SPIPlanPtr,
}

/// A plan that returns whole rows in its one column, and its arguments, ready to run: plain values, see [`boundary`](crate::boundary).
#[derive(Clone, Copy)]
pub struct Execution {
    pub plan: pg_sys::SPIPlanPtr,
    pub values: [pg_sys::Datum; PARAMETERS_MAX],
    /// As SPI wants it: `n` for NULL, a blank otherwise.
    pub nulls: [c_char; PARAMETERS_MAX],
    /// The role to run as, or InvalidOid for the current one.
    pub role: pg_sys::Oid,
}

/// Becomes another role, as a function with its owner's rights does; the state to go back to.
///
/// # Safety
/// [`leave_role`] must follow, or the end of the (sub)transaction by an error, which goes back by itself.
pub unsafe fn enter_role(role: pg_sys::Oid) -> (pg_sys::Oid, c_int) {
    let (mut current, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: both functions work on variables of the backend, and raise no error.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut current, &raw mut context);
        if role != pg_sys::InvalidOid {
            pg_sys::SetUserIdAndSecContext(role, context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as c_int);
        }
    }
    (current, context)
}

/// Goes back to the role before [`enter_role`].
///
/// # Safety
/// `before` is what it returned.
pub unsafe fn leave_role(before: (pg_sys::Oid, c_int)) {
    // SAFETY: the caller's promise.
    unsafe { pg_sys::SetUserIdAndSecContext(before.0, before.1) }
}

impl Statement {
    pub const fn new(sql: &'static str, parameters: &'static [pg_sys::Oid], rights: Rights) -> Self {
        assert!(parameters.len() <= PARAMETERS_MAX);
        Self { sql, parameters, rights, kept: Cell::new(None) }
    }

    /// The statement on the tables in schema `namespace`, with its parameters bound in order; `None` is NULL.
    pub fn bind<const N: usize>(&self, namespace: pg_sys::Oid, arguments: [Option<pg_sys::Datum>; N]) -> Execution {
        debug_assert_eq!(N, self.parameters.len());
        let role = if self.rights == Rights::TableOwner { owner_of_users(namespace) } else { pg_sys::InvalidOid };
        // SAFETY: an ERROR in between ends the (sub)transaction, which goes back to the role before.
        let plan = unsafe {
            let before = enter_role(role);
            let plan = self.plan(namespace);
            leave_role(before);
            plan
        };
        let mut execution = Execution {
            plan,
            values: [pg_sys::Datum::null(); PARAMETERS_MAX],
            nulls: [b'n' as c_char; PARAMETERS_MAX],
            role,
        };
        for (i, value) in arguments.into_iter().enumerate() {
            if let Some(value) = value {
                execution.values[i] = value;
                execution.nulls[i] = b' ' as c_char;
            }
        }
        execution
    }

    /// Runs the statement now; the first columns of its first row as text.
    pub fn first_row<const N: usize, const COLUMNS: usize>(
        &self,
        namespace: pg_sys::Oid,
        arguments: [Option<pg_sys::Datum>; N],
    ) -> Option<[Option<String>; COLUMNS]> {
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

    /// Runs the statement now; how many rows it changed.
    pub fn execute<const N: usize>(&self, namespace: pg_sys::Oid, arguments: [Option<pg_sys::Datum>; N]) -> u64 {
        self.run(namespace, arguments, |rows| rows)
    }

    /// Runs the statement under pgrx's guard, for a function that has more to do afterwards.
    fn run<const N: usize, T>(
        &self,
        namespace: pg_sys::Oid,
        arguments: [Option<pg_sys::Datum>; N],
        read: impl FnOnce(u64) -> T,
    ) -> T {
        let execution = self.bind(namespace, arguments);
        let (mut values, nulls) = (execution.values, execution.nulls);
        let mut hider = row_hider();
        // SAFETY: SPI as documented. An ERROR on the way ends the transaction's SPI state with it, and unwinds through
        // here, where the error context is taken off before it goes.
        unsafe {
            let _restore = RestoreErrorContext(hider.previous);
            pg_sys::error_context_stack = &raw mut hider;
            pg_sys::SPI_connect();
            let before = enter_role(execution.role);
            let status = pg_sys::SPI_execute_plan(execution.plan, values.as_mut_ptr(), nulls.as_ptr(), false, 0);
            leave_role(before);
            assert!(status >= 0, "a kept plan could not be run");
            let result = read(pg_sys::SPI_processed);
            pg_sys::SPI_finish();
            result
        }
    }

    /// Runs the statement now, in a subtransaction: an error, other than a cancel, undoes it and is nobody's. How many
    /// rows it changed.
    pub fn try_execute<const N: usize>(&self, namespace: pg_sys::Oid, arguments: [Option<pg_sys::Datum>; N]) -> u64 {
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
                let rows = self.execute(namespace, arguments);
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

    fn plan(&self, namespace: pg_sys::Oid) -> pg_sys::SPIPlanPtr {
        // SAFETY: the name, if there is one, is a terminated string.
        let schema = unsafe {
            let name = pg_sys::get_namespace_name(namespace);
            assert!(!name.is_null(), "the function's schema has been dropped while it was in use");
            CStr::from_ptr(name)
        };
        match self.kept.get() {
            Some(kept) if name_of(&kept.schema) == schema => kept.plan,
            // The plan for another schema stays allocated: a caller further up the stack may be running it.
            _ => {
                let kept = Kept { schema: name_data(schema), plan: self.prepare(schema) };
                self.kept.set(Some(kept));
                kept.plan
            }
        }
    }

    fn prepare(&self, schema: &CStr) -> pg_sys::SPIPlanPtr {
        // SAFETY: SPI as documented: connect, prepare, keep, finish. An ERROR on the way ends the transaction's SPI
        // state with it. quote_identifier's result lives in this memory context or is its argument.
        unsafe {
            let quoted = CStr::from_ptr(pg_sys::quote_identifier(schema.as_ptr()));
            // A UTF-8 database has UTF-8 names, and the extension installs in no other.
            let sql = self.sql.replace("@extschema@", &quoted.to_string_lossy());
            let sql = CString::new(sql).expect("the statement's text holds no NUL");
            pg_sys::SPI_connect();
            let parameters = self.parameters.as_ptr().cast_mut();
            // One plan serves all arguments; and a plan that is made for some shows them to who has plans printed.
            let options = pg_sys::CURSOR_OPT_GENERIC_PLAN as i32;
            let plan = pg_sys::SPI_prepare_cursor(sql.as_ptr(), self.parameters.len() as i32, parameters, options);
            assert!(!plan.is_null(), "SPI_prepare refused a statement of this library");
            pg_sys::SPI_keepplan(plan);
            pg_sys::SPI_finish();
            plan
        }
    }
}

/// Puts the error context back that was there before, also when an error unwinds.
struct RestoreErrorContext(*mut pg_sys::ErrorContextCallback);

impl Drop for RestoreErrorContext {
    fn drop(&mut self) {
        // SAFETY: written by the backend's one thread; the context before ours outlives it.
        unsafe { pg_sys::error_context_stack = self.0 }
    }
}

/// The owner of `users`, or InvalidOid where there is none. The table is locked first, until the transaction ends: were it
/// given to another role before the statement runs, that role's triggers would run as the owner before.
fn owner_of_users(namespace: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: catalog look-ups, and a lock as every statement takes it; the row is released once it has been read.
    unsafe {
        let find = || pg_sys::get_relname_relid(c"users".as_ptr(), namespace);
        let mut users = find();
        while users != pg_sys::InvalidOid {
            pg_sys::LockRelationOid(users, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
            let locked = std::mem::replace(&mut users, find());
            if users == locked {
                break;
            }
        }
        let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as c_int, pg_sys::Datum::from(users));
        if row.is_null() {
            return pg_sys::InvalidOid;
        }
        let owner = (*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_class>()).relowner;
        pg_sys::ReleaseSysCache(row);
        owner
    }
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

fn name_of(name: &pg_sys::NameData) -> &CStr {
    // SAFETY: name_data leaves the last byte zero.
    unsafe { CStr::from_ptr(name.data.as_ptr()) }
}

fn name_data(name: &CStr) -> pg_sys::NameData {
    let mut data = pg_sys::NameData::default();
    let last = data.data.len() - 1;
    for (to, from) in data.data[..last].iter_mut().zip(name.to_bytes()) {
        *to = *from as c_char;
    }
    data
}
