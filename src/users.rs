//! The functions that write users, and the login. They return the columns of the view `todo_users`, which has no hash.
//! `sql/functions/` describes arguments, results and errors.

use crate::boundary::{Call, scalar_function, set_function};
use crate::error::{Column, Failure};
use crate::foreign_code::Writing;
use crate::isolation;
use crate::owner::Access;
use crate::password::{self, Attempt};
use crate::password_rule;
use crate::rules::{self, EMAIL, HASHED_PASSWORD, NAME};
use crate::statement::{Rights, datum, statement};
use crate::tasks;
use crate::transaction;
use pgrx::IntoDatum;
use pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
use std::borrow::Cow;
use std::ffi::CStr;
use uuid::Uuid;

const ID: Column = Column::new(c"users", c"id");
const IS_ACTIVE: Column = Column::new(c"users", c"is_active");

const OWNER_READS: Rights = Rights::Owner(c"users", Access::Read);
const OWNER_INSERTS: Rights = Rights::Owner(c"users", Access::Write(Writing::Insertion));
const OWNER_DELETES: Rights = Rights::Owner(c"users", Access::Write(Writing::Deletion));

/// An UPDATE of these columns, with the rights of the owner.
const fn owner_updates(columns: &'static [&'static CStr]) -> Rights {
    Rights::Owner(c"users", Access::Write(Writing::Update(columns)))
}

statement!(CREATE = "create_user"(TEXTOID, TEXTOID, TEXTOID, TEXTOID) with OWNER_INSERTS);
statement!(UPDATE = "update_user"(TEXTOID, TEXTOID, TEXTOID) with owner_updates(&[c"email", c"email_verified", c"name", c"updated_at"]));
statement!(VERIFY_EMAIL = "verify_email"(TEXTOID) with owner_updates(&[c"email_verified", c"updated_at"]));
statement!(SET_ACTIVE = "set_active"(TEXTOID, BOOLOID) with owner_updates(&[c"is_active", c"updated_at"]));
statement!(DELETE = "delete_user"(TEXTOID) with OWNER_DELETES);
statement!(SET_PASSWORD_HASH = "set_password_hash"(TEXTOID, TEXTOID));
statement!(USER = "user"(TEXTOID));
statement!(CREDENTIALS_BY_EMAIL = "credentials_by_email"(TEXTOID) with OWNER_READS);
statement!(CREDENTIALS_BY_ID = "credentials_by_id"(TEXTOID) with OWNER_READS);
statement!(REPLACE_HASH = "replace_hash"(TEXTOID, TEXTOID, TEXTOID) with owner_updates(&[c"hashed_password", c"updated_at"]));
statement!(RENEW_HASH = "renew_hash"(TEXTOID, TEXTOID, TEXTOID) with owner_updates(&[c"hashed_password", c"updated_at"]));
statement!(ACTIVE_USER = "active_user"(TEXTOID) with OWNER_READS);

set_function! {
    /// `todo_create_user(email text, name text, password text, user_id text)`
    fn todo_create_user(call) {
        let email: &str = call.required(0, "email", EMAIL)?;
        let name: &str = call.required(1, "name", NAME)?;
        let password: &str = call.required(2, "password", HASHED_PASSWORD)?;
        let user_id: Option<&str> = call.argument(3);
        rules::email(email)?;
        let name = rules::name(name)?;
        user_id.map(rules::user_id).transpose()?;
        transaction::must_be_writable(c"todo_create_user()");
        let user_id = user_id.map_or_else(new_id, str::to_owned);
        isolation::must_be_visible(call, &user_id, ID)?;
        let hash = password::hash(password)?;
        call.run(&CREATE, [datum(email), datum(name), datum(hash), datum(user_id)])
    }
}

/// The id of a new user: a UUID of version 4, as the column's default makes them for an application's own INSERT.
///
/// Version 7 would tell everyone who sees the id when the user was created. What it saves is small. Measured with 5 million
/// users: an INSERT of a user takes 48 us instead of 56 us (hashing the password takes 260,000 us), and `users_pkey` has
/// 295 MB instead of 383 MB, of 2 GB in all. An INSERT of a task takes 56 us instead of 59 us, or 34 us instead of 45 us if
/// all tasks are those of the newest 2 % of users; the indexes of `tasks` have the same size.
fn new_id() -> String {
    Uuid::new_v4().to_string()
}

set_function! {
    /// `todo_update_user(user_id text, email text, name text)`
    fn todo_update_user(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let email: Option<&str> = call.argument(1);
        email.map(rules::email).transpose()?;
        let name = call.argument(2).map(rules::name).transpose()?;
        let user_id = isolation::visible(call, user_id)?;
        call.run(&UPDATE, [datum(user_id.as_deref()), datum(email), datum(name)])
    }
}

set_function! {
    /// `todo_verify_email(user_id text)`
    fn todo_verify_email(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let user_id = isolation::visible(call, user_id)?;
        call.run(&VERIFY_EMAIL, [datum(user_id.as_deref())])
    }
}

set_function! {
    /// `todo_set_active(user_id text, active boolean)`
    fn todo_set_active(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let active: bool = call.required(1, "active", IS_ACTIVE)?;
        let user_id = isolation::visible(call, user_id)?;
        call.run(&SET_ACTIVE, [datum(user_id.as_deref()), datum(active)])
    }
}

set_function! {
    /// `todo_delete_user(user_id text)`
    fn todo_delete_user(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let user_id = isolation::visible(call, user_id)?;
        if let Some(user_id) = &user_id {
            tasks::lock_all(user_id, c"todo_delete_user()");
        }
        call.run(&DELETE, [datum(user_id.as_deref())])
    }
}

set_function! {
    /// `todo_set_password_hash(user_id text, hash text)`
    ///
    /// Errors: 55000 the user is there, but a trigger, rule or policy of the application kept the hash from being stored.
    fn todo_set_password_hash(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let hash: &str = call.required(1, "hash", HASHED_PASSWORD)?;
        rules::hashed_password(hash)?;
        match call.first_row(&SET_PASSWORD_HASH, [datum(user_id), datum(hash)])? {
            Some([stored]) if stored.as_deref() == Some(hash) => {}
            Some(_) => return Err(not_stored()),
            None if call.first_row::<_, 0>(&USER, [datum(user_id)])?.is_some() => return Err(not_stored()),
            None => {}
        }
        call.run(&USER, [datum(user_id)])
    }
}

set_function! {
    /// `todo_authenticate(email text, password text)`
    fn todo_authenticate(call) {
        let user_id = login(call)?;
        call.run(&ACTIVE_USER, [datum(user_id)])
    }
}

/// The id of the active user with this address and password. Nothing is locked and no statement is open while the password
/// is hashed. So the stored hash is read again afterwards, and if it has changed, the new one counts. A hash is renewed
/// once at most, because a trigger may keep the old one.
fn login(call: &Call) -> Result<Option<String>, Failure> {
    let email: Option<&str> = call.argument(0);
    let attempt = Attempt::new(call.argument(1), |text| password_rule::check(text).is_ok());
    let mut verified = None;
    let mut may_renew = true;
    loop {
        let stored = call.first_row(&CREDENTIALS_BY_EMAIL, [datum(email)])?;
        let (id, hash) = stored.map_or((None, None), |[id, hash]| (id, hash));
        let id = id.map(|id| isolation::visible(call, id)).transpose()?.flatten().map(Cow::into_owned);
        let hash = hash.filter(|_| id.is_some());
        if verified.is_some() && hash == verified {
            return Ok(id);
        }
        let Some(form) = attempt.verify(hash.as_deref()) else { return Ok(None) };
        verified = match (&id, &hash) {
            (Some(id), Some(hash)) if may_renew => renew(call, id, hash, attempt.to_renew(hash, form))?,
            _ => None,
        };
        may_renew = false;
        verified = verified.or(hash);
    }
}

/// Stores a new hash after a correct login if there is a password to hash again, and returns it. A later login does it where
/// this one would have to wait or could fail: in a transaction that must not write or has one snapshot, when the table or the
/// row is locked, or when the UPDATE fails.
fn renew(call: &Call, id: &str, hash: &str, password: Option<&str>) -> Result<Option<String>, Failure> {
    let may_write =
        || transaction::is_writable_read_committed() && transaction::try_lock_table(c"users", call.namespace);
    let Some(password) = password.filter(|_| may_write()) else { return Ok(None) };
    let new = password::hash(password)?;
    let renewed = call.try_execute(&RENEW_HASH, [datum(id), datum(hash), datum(&*new)]) == 1;
    Ok(renewed.then_some(new))
}

scalar_function! {
    /// `todo_change_password(user_id text, current_password text, new_password text)`
    fn todo_change_password(call) {
        let user_id: &str = call.required(0, "user_id", ID)?;
        let current: &str = call.required(1, "current_password", HASHED_PASSWORD)?;
        let new: &str = call.required(2, "new_password", HASHED_PASSWORD)?;
        rules::password(new)?;
        transaction::must_be_writable(c"todo_change_password()");
        let current = Attempt::new(Some(current), |text| password_rule::check(text).is_ok());
        let mut verified = None;
        loop {
            let shown = isolation::visible(call, user_id)?;
            let stored = call.first_row(&CREDENTIALS_BY_ID, [datum(shown.as_deref())])?;
            let hash = stored.and_then(|[_, hash]| hash);
            if verified.is_some() && hash == verified {
                return Err(not_stored());
            }
            if current.verify(hash.as_deref()).is_none() {
                return Ok(false.into_datum());
            }
            let new = password::hash(new)?;
            let arguments = [datum(user_id), datum(hash.as_deref()), datum(&*new)];
            match call.first_row(&REPLACE_HASH, arguments)? {
                Some([stored]) if stored.as_deref() == Some(&*new) => return Ok(true.into_datum()),
                Some([_]) => return Err(not_stored()),
                // The stored hash was replaced meanwhile, for example by a login that renewed it.
                None => verified = hash,
            }
        }
    }
}

fn not_stored() -> Failure {
    Failure::new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "could not store the password")
        .hint(c"A trigger or rule of the application kept it from being stored.")
}
