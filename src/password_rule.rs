//! How long a password in plain text may be: shared by the library and `todo-admin`, which hashes on its side.

use std::fmt;

/// The shortest password, in characters.
const MIN: usize = 8;
/// The longest password, in bytes: bcrypt reads no more.
pub const MAX_BYTES: usize = 72;

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

/// 8 characters to 72 bytes.
pub fn check(password: &str) -> Result<(), Broken> {
    if password.len() > MAX_BYTES {
        return Err(Broken::TooLong);
    }
    if password.chars().nth(MIN - 1).is_none() { Err(Broken::TooShort) } else { Ok(()) }
}
