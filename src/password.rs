//! Passwords: makes and verifies hashes with the crate bcrypt.
//!
//! Every verification takes the time of one hash (two if the password is not given in NFC), so that its duration does not tell
//! what is wrong. Hashing cannot be interrupted, so we check for a cancel or timeout before and after it.

use crate::boundary::scalar_function;
use crate::error::Failure;
use crate::password_rule;
use crate::rules::{self, HASHED_PASSWORD};
use crate::settings::bcrypt_cost;
use pgrx::{IntoDatum, PgSqlErrorCode, check_for_interrupts};
use std::borrow::Cow;
use std::hint::black_box;

scalar_function! {
    /// `todo_hash_password(password text)`. Errors: 23502 the password is NULL; and those of [`hash`].
    fn todo_hash_password(call) {
        let password: &str = call.required(0, "password", HASHED_PASSWORD)?;
        Ok(hash(password)?.into_datum())
    }
}

scalar_function! {
    /// `todo_check_password(password text, hash text)`. If either is NULL, the result is false, after the time of one hash.
    fn todo_check_password(call) {
        let attempt = Attempt::new(call.argument(0), |text| text.len() <= password_rule::MAX_BYTES);
        Ok(attempt.verify(call.argument(1)).is_some().into_datum())
    }
}

/// A new hash of a password: `$2b$` at the current cost, of the password's NFC. Errors: as [`rules::password`].
pub fn hash(password: &str) -> Result<String, Failure> {
    let prepared = rules::password(password)?;
    check_for_interrupts!();
    let hash = bcrypt::hash(&*prepared, bcrypt_cost());
    check_for_interrupts!();
    hash.map_err(|_| Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not obtain a random salt"))
}

/// From which form of a password a hash was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its NFC, which this library hashes.
    Nfc,
    /// The text as it was typed, which other programs hash.
    Given,
}

/// A password to be compared with a hash.
pub struct Attempt<'a> {
    /// Its NFC; none if that could not be a password.
    nfc: Option<Cow<'a, str>>,
    /// Set only if the text is not in NFC: the text as it was given, or none if that could not be a password.
    given: Option<Option<&'a str>>,
}

impl<'a> Attempt<'a> {
    /// `may_be` tells whether a text could be a password at all. A text that could not matches no hash.
    pub fn new(password: Option<&'a str>, may_be: fn(&str) -> bool) -> Self {
        let nfc = password.and_then(password_rule::nfc);
        let given = matches!(nfc, Some(Cow::Owned(_))).then(|| password.filter(|given| may_be(given)));
        Self { nfc: nfc.filter(|nfc| may_be(nfc)), given }
    }

    /// Whether this is the hash's password, and in which form. Takes the time of one hash at the current cost, or of two if the
    /// password was not given in NFC. This is so even if there is no password or no hash, or if the hash is malformed or has a
    /// lower cost. (A hash of a higher cost takes longer.)
    pub fn verify(&self, hash: Option<&str>) -> Option<Form> {
        if verify(self.nfc.as_deref(), hash) {
            return Some(Form::Nfc);
        }
        self.given.filter(|&given| verify(given, hash)).map(|_| Form::Given)
    }

    /// What to hash again after a correct login: the password, if its hash has a lower cost or was not made from its NFC, and
    /// if the NFC follows the rule.
    pub fn to_renew(&self, hash: &str, form: Form) -> Option<&str> {
        let is_outdated = form == Form::Given || rules::bcrypt_cost(hash).is_some_and(|cost| cost < bcrypt_cost());
        self.nfc.as_deref().filter(|_| is_outdated)
    }
}

/// Whether this is the hash of these very bytes, in the time of one hash.
fn verify(password: Option<&str>, hash: Option<&str>) -> bool {
    check_for_interrupts!();
    let verified = password.zip(hash).and_then(|(password, hash)| {
        let cost = rules::bcrypt_cost(hash)?;
        // An error means that the hash is not canonical base64. No work has been done then.
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
