//! Passwords: bcrypt hashes made and verified, on the bcrypt crate.
//!
//! Every verification costs one hash, whatever is wrong: how long it takes must not tell. Hashing cannot be
//! interrupted, so a cancel or timeout is looked for before and after.

use crate::boundary::scalar_function;
use crate::error::Failure;
use crate::password_rule;
use crate::rules::{self, HASHED_PASSWORD};
use crate::settings::bcrypt_cost;
use pgrx::{IntoDatum, PgSqlErrorCode, check_for_interrupts};
use std::hint::black_box;

scalar_function! {
    /// `todo_hash_password(password text)`
    fn todo_hash_password(call) {
        let password: &str = call.required(0, "password", HASHED_PASSWORD)?;
        Ok(hash(password)?.into_datum())
    }
}

scalar_function! {
    /// `todo_check_password(password text, hash text)`
    fn todo_check_password(call) {
        let password = call.argument::<&str>(0).filter(|password| password.len() <= password_rule::MAX_BYTES);
        Ok(verify(password, call.argument(1)).into_datum())
    }
}

/// A new hash, `$2b$` at the current cost, of a password that keeps the rule.
pub fn hash(password: &str) -> Result<String, Failure> {
    rules::password(password)?;
    check_for_interrupts!();
    let hash = bcrypt::hash(password, bcrypt_cost());
    check_for_interrupts!();
    hash.map_err(|_| Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "no random salt could be had"))
}

/// Whether this is the hash's password. It takes the time of one hash at the current cost, whatever is wrong: no password,
/// no hash, a malformed one, or one of a lower cost (one of a higher cost takes longer).
pub fn verify(password: Option<&str>, hash: Option<&str>) -> bool {
    check_for_interrupts!();
    let verified = password.zip(hash).and_then(|(password, hash)| {
        let cost = rules::bcrypt_cost(hash)?;
        // An error is a hash that is no canonical base64, refused before any work is done.
        Some((bcrypt::verify(password, hash).ok()?, cost))
    });
    check_for_interrupts!();
    match verified {
        Some((true, _)) => return true,
        // The rounds of costs c, c + 1, ... S - 1 add up to those of S less those of c.
        Some((false, cost)) => (cost..bcrypt_cost()).for_each(waste),
        None => waste(bcrypt_cost()),
    }
    false
}

/// Takes the time of one hash.
fn waste(cost: u32) {
    let _ = black_box(bcrypt::hash_with_salt(black_box("no such password"), cost, [0; 16]));
    check_for_interrupts!();
}

/// Whether a hash was made at a lower cost than the current one.
pub fn is_outdated(hash: &str) -> bool {
    rules::bcrypt_cost(hash).is_some_and(|cost| cost < bcrypt_cost())
}
