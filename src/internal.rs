//! The Rust side of the functions in `sql/internal/`, which the extension's scripts and other functions call. They apply the
//! rules to rows that are older than the rules, read the ids of tasks, look for code of other roles, and tell the library's
//! version. Each is described in its file there.

use crate::boundary::{scalar_function, set_function};
use crate::error::Failure;
use crate::foreign_code::{self, Writing};
use crate::membership::Extension;
use crate::owner::{self, Access};
use crate::rules;
use crate::statement::{Rights, statement};
use pgrx::{IntoDatum, PgSqlErrorCode, pg_sys};

statement!(TASK_IDS = "task_ids"() with Rights::Owner(c"tasks", Access::Read));

scalar_function! {
    /// `todo_internal.trimmed(value text)`
    ///
    /// The value without white space at either end, as titles and names are stored.
    fn todo_trimmed(call) {
        Ok(call.argument::<&str>(0).and_then(|value| value.trim().into_datum()))
    }
}

scalar_function! {
    /// `todo_internal.broken_rule(column_name text, value text)`
    ///
    /// The message of the rule that the value breaks, or NULL if it breaks none. Errors: 42703 the column has no rule.
    fn todo_broken_rule(call) {
        let (Some(column), Some(value)) = (call.argument(0), call.argument(1)) else { return Ok(None) };
        let outcome = match column {
            "users.id" => rules::user_id(value),
            "users.email" => rules::email(value),
            "users.name" => rules::name(value).map(drop),
            "users.hashed_password" => rules::hashed_password(value),
            "tasks.title" => rules::title(value).map(drop),
            "tasks.description" => rules::description(value),
            _ => return Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, "no rule for this column")),
        };
        Ok(outcome.err().and_then(|failure| failure.message.into_owned().into_datum()))
    }
}

scalar_function! {
    /// `todo_internal.refuse_foreign_code(written regclass)`
    ///
    /// Errors: 55000 the table is not a member of a trusted extension of ours, or a write to it could run code of another role.
    fn todo_refuse_foreign_code(call) {
        if let Some(table) = call.argument::<pg_sys::Oid>(0) {
            Extension::of_relation(table).filter(|of| of.is_trusted()).ok_or_else(|| owner::not_a_member(table))?;
            foreign_code::refuse(table, Writing::Anything)?;
        }
        Ok(None)
    }
}

set_function! {
    /// `todo_internal.read_task_ids(schema regnamespace)`
    ///
    /// Which ids the sequence of tasks gives next, and which are taken, see `sql/statements/task_ids.sql`.
    fn todo_read_task_ids(call) {
        TASK_IDS.bind(call.argument(0).unwrap_or(pg_sys::InvalidOid), [])
    }
}

scalar_function! {
    /// `todo_internal.broken_time(column_name text, value timestamp)`
    ///
    /// The message of the rule that the time breaks, or NULL if it breaks none. Errors: 42703 the column has no rule.
    fn todo_broken_time(call) {
        let (Some(column), Some(value)) = (call.argument(0), call.argument::<i64>(1)) else { return Ok(None) };
        let column = match column {
            "users.created_at" => rules::USER_CREATED_AT,
            "users.updated_at" => rules::USER_UPDATED_AT,
            "tasks.created_at" => rules::TASK_CREATED_AT,
            "tasks.updated_at" => rules::TASK_UPDATED_AT,
            "tasks.completed_at" => rules::COMPLETED_AT,
            _ => return Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, "no rule for this column")),
        };
        Ok(rules::time(value, column).err().and_then(|failure| failure.message.into_owned().into_datum()))
    }
}

scalar_function! {
    /// `todo_internal.library_version()`
    fn todo_library_version(_call) {
        Ok(env!("CARGO_PKG_VERSION").into_datum())
    }
}
