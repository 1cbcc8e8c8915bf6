//! Isolation: row-level security may bind a role to the rows of the current user.
//!
//! It does not bind the owner, with whose rights functions on users run. So they ask here first.

use crate::boundary::{Call, scalar_function};
use crate::catalog;
use crate::error::{Column, Failure};
use crate::role;
use crate::statement::{datum, statement};
use pgrx::PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
use pgrx::{IntoDatum, direct_function_call_as_datum, pg_sys};
use std::borrow::Cow;
use std::ffi::CStr;

scalar_function! {
    /// `todo_current_user_id()`
    ///
    /// Policies call it in each statement of an isolated role. One function costs a statement half of what the same in SQL
    /// does, each of whose functions PostgreSQL looks up and checks for rights.
    fn todo_current_user_id(call) {
        let _ = call;
        if let Some(user_id) = setting(c"todo.user_id") {
            // SAFETY: the text is in the encoding of the database, and terminated.
            return Ok(Some(unsafe { pg_sys::cstring_to_text(user_id.as_ptr()) }.into()));
        }
        Ok(setting(c"request.jwt.claims").and_then(|claims| {
            // SAFETY: the functions get arguments of their types.
            unsafe {
                let claims = direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(claims.as_ptr().into())]);
                direct_function_call_as_datum(pg_sys::jsonb_object_field_text, &[claims, "sub".into_datum()])
            }
        }))
    }
}

/// A setting, or none if it is not set, or empty.
fn setting(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name is terminated. The value is too, and stays while no setting is changed, which is until the function returns.
    let value = unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { None } else { Some(CStr::from_ptr(value)) }
    };
    value.filter(|value| !value.is_empty())
}

statement!(VISIBLE = "visible"(TEXTOID));

/// The id of a user, or none if row-level security hides this user from the session's role: the statement that gets NULL
/// instead finds no user.
pub fn visible<'a>(call: &Call, user_id: impl Into<Cow<'a, str>>) -> Result<Option<Cow<'a, str>>, Failure> {
    let user_id = user_id.into();
    if !catalog::has_row_security(catalog::relation_named(c"users", call.namespace)) {
        return Ok(Some(user_id));
    }
    // PostgreSQL maintains someone's index or materialized view, with functions of theirs. Only the session's role is known, and the other may
    // be bound. Triggers of our own statements are not meant.
    // SAFETY: reads a variable of the backend.
    if unsafe { pg_sys::InSecurityRestrictedOperation() } && !role::is_acting() {
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
