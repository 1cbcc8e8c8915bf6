//! How long a password may be, and the form in which it is hashed. `todo-admin`, which hashes passwords itself, shares this
//! module with the library.
//!
//! One keyboard sends `é` as one character, another as `e` with an accent. Passwords are hashed in NFC (Unicode Standard
//! Annex #15), in which both are the same bytes.

use std::borrow::Cow;
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The shortest password, in characters of its NFC.
const MIN: usize = 8;
/// The longest password, in bytes of its NFC: bcrypt reads no more.
pub const MAX_BYTES: usize = 72;
/// A longer text is not looked at: its NFC has at least a quarter of its bytes.
const MAX_GIVEN_BYTES: usize = 4 * MAX_BYTES;

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    TooShort,
    TooLong,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "is shorter than {MIN} characters"),
            Self::TooLong => write!(f, "is longer than {MAX_BYTES} bytes"),
        }
    }
}

/// The NFC of a new password, which is what to hash. It must have 8 characters to 72 bytes.
pub fn prepare(password: &str) -> Result<Cow<'_, str>, Broken> {
    let nfc = nfc(password).ok_or(Broken::TooLong)?;
    check(&nfc)?;
    Ok(nfc)
}

/// Checks that a text has 8 characters to 72 bytes as it is.
pub fn check(text: &str) -> Result<(), Broken> {
    if text.len() > MAX_BYTES {
        return Err(Broken::TooLong);
    }
    if text.chars().nth(MIN - 1).is_none() { Err(Broken::TooShort) } else { Ok(()) }
}

/// The NFC of a text, or none if that is certainly longer than any password.
pub fn nfc(text: &str) -> Option<Cow<'_, str>> {
    if text.len() > MAX_GIVEN_BYTES {
        return None;
    }
    Some(if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) })
}

#[cfg(test)]
#[path = "password_rule_tests.rs"]
mod tests;
