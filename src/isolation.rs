//! Isolation: row-level security may restrict a role to the rows of the current user.
//!
//! It does not restrict the owner of the tables, with whose rights functions on users run. So these functions first ask here
//! whether the caller may see the user.

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
    /// The setting `todo.user_id`; if that is empty, the claim `sub` of `request.jwt.claims`, as PostgREST sets it; otherwise NULL.
    /// Errors: 22P02 the claims are needed, and are not JSON.
    ///
    /// Policies call it in each statement of an isolated role. An expression in SQL would take twice the time, because PostgreSQL
    /// looks up each function in it and checks the rights on it.
    fn todo_current_user_id(_call) {
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

/// The value of a setting, or `None` if it is not set or empty.
fn setting(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name is terminated. The value is too, and stays while no setting is changed, which is until the function returns.
    let value = unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { None } else { Some(CStr::from_ptr(value)) }
    };
    value.filter(|value| !value.is_empty())
}

statement!(VISIBLE = "visible"(TEXTOID));

/// The user's id as it was given, or `None` if row-level security hides this user from the session's role. A statement that gets
/// NULL in place of the id finds no user.
pub fn visible<'a>(call: &Call, user_id: impl Into<Cow<'a, str>>) -> Result<Option<Cow<'a, str>>, Failure> {
    let user_id = user_id.into();
    if !catalog::has_row_security(catalog::relation_named(c"users", call.namespace)) {
        return Ok(Some(user_id));
    }
    // In a security-restricted operation, PostgreSQL maintains an index or a materialized view, and runs functions of its owner.
    // That owner may be isolated, but only the session's role can be looked up here, so no user is shown. This is not about
    // triggers that our own statements fire.
    // SAFETY: reads a variable of the backend.
    if unsafe { pg_sys::InSecurityRestrictedOperation() } && !role::is_acting() {
        return Ok(None);
    }
    let shown = call.first_row(&VISIBLE, [datum(&*user_id)])?;
    Ok(matches!(shown, Some([Some(_)])).then_some(user_id))
}

/// Fails with 42501, and the message of PostgreSQL's own error, unless row-level security lets the session's role add a user
/// with this id.
pub fn must_be_visible(call: &Call, user_id: &str, column: Column) -> Result<(), Failure> {
    visible(call, user_id)?.map(drop).ok_or_else(|| {
        column.failure(ERRCODE_INSUFFICIENT_PRIVILEGE, "new row violates row-level security policy for table \"users\"")
    })
}
