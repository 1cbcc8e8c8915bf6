//! Isolation: row-level security may bind a role to the rows of the current user.
//!
//! It does not bind the owner, with whose rights functions on users run. So they ask here first.

use crate::boundary::Call;
use crate::catalog;
use crate::error::{Column, Failure};
use crate::statement::{datum, statement};
use pgrx::PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
use pgrx::pg_sys;
use std::borrow::Cow;

statement!(VISIBLE = "visible"(TEXTOID));

/// The id of a user, or none if row-level security hides this user from the session's role: the statement that gets NULL
/// instead finds no user.
pub fn visible<'a>(call: &Call, user_id: impl Into<Cow<'a, str>>) -> Result<Option<Cow<'a, str>>, Failure> {
    let user_id = user_id.into();
    if !catalog::has_row_security(catalog::relation_named(c"users", call.namespace)) {
        return Ok(Some(user_id));
    }
    // PostgreSQL maintains someone's index or materialized view, with functions of theirs. Only that role is known, and may be bound.
    // SAFETY: reads a variable of the backend.
    if unsafe { pg_sys::InSecurityRestrictedOperation() } {
        return Ok(None);
    }
    let shown = call.first_row(&VISIBLE, [datum(&*user_id)])?;
    Ok(matches!(shown, Some([Some(_)])).then_some(user_id))
}

/// 42501, as PostgreSQL's own, unless row-level security lets the session's role add a user with this id.
pub fn must_be_visible(call: &Call, user_id: &str, column: Column) -> Result<(), Failure> {
    visible(call, user_id)?.map(drop).ok_or_else(|| {
        column.failure(ERRCODE_INSUFFICIENT_PRIVILEGE, "new row violates row-level security policy for table \"users\"")
    })
}
