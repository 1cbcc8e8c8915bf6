//! What values are allowed.
//!
//! Pure functions on text, used by the row triggers and by the functions alike. Lengths are counted in characters
//! (Unicode scalar values), as PostgreSQL's `char_length` does. The CHECK constraints in `sql/tables/` are the backstop where
//! triggers do not run. They must never refuse what is accepted here.
//!
//! Errors: 22001 a text is too long for its column; 23514 any other broken rule, and a description that is too long; 22023 a
//! password is too short.

use crate::error::{Column, Failure};
use crate::password_rule;
use pgrx::PgSqlErrorCode::{
    ERRCODE_CHECK_VIOLATION as CHECK_VIOLATION, ERRCODE_INVALID_PARAMETER_VALUE,
    ERRCODE_STRING_DATA_RIGHT_TRUNCATION as TOO_LONG,
};
use std::borrow::Cow;
use std::ops::RangeInclusive;

// The columns that have a rule, with the CHECK constraints that are the rules' backstop.
pub const USER_ID: Column = Column::checked(c"users", c"id", c"users_id_check");
pub const EMAIL: Column = Column::checked(c"users", c"email", c"users_email_check");
pub const NAME: Column = Column::checked(c"users", c"name", c"users_name_check");
pub const HASHED_PASSWORD: Column = Column::checked(c"users", c"hashed_password", c"users_hashed_password_check");
pub const TITLE: Column = Column::checked(c"tasks", c"title", c"tasks_title_check");
pub const DESCRIPTION: Column = Column::checked(c"tasks", c"description", c"tasks_description_check");

// Times have no CHECK as a backstop, because it would slow down every write of a task more than the rule is worth.
pub const USER_CREATED_AT: Column = Column::new(c"users", c"created_at");
pub const USER_UPDATED_AT: Column = Column::new(c"users", c"updated_at");
pub const TASK_CREATED_AT: Column = Column::new(c"tasks", c"created_at");
pub const TASK_UPDATED_AT: Column = Column::new(c"tasks", c"updated_at");
pub const COMPLETED_AT: Column = Column::new(c"tasks", c"completed_at");

/// The first microsecond of the year 1 and the last one of 9999, counted from 2000-01-01 as PostgreSQL's timestamps are.
const TIMES: RangeInclusive<i64> = -730_119 * DAY..=2_921_940 * DAY - 1;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The longest `users.id`, in characters.
pub const USER_ID_MAX: usize = 36;
/// The longest description, in characters.
pub const DESCRIPTION_MAX: usize = 1000;
/// The most bytes one character takes in UTF-8.
const UTF8_MAX: usize = 4;

/// A task's title: trimmed, 1-200 characters, no control characters, something visible. Returns the trimmed title.
pub fn title(raw: &str) -> Result<&str, Failure> {
    line(raw, 200, TITLE)
}

/// A user's name: trimmed, 1-100 characters, no control characters, something visible. Returns the trimmed name.
pub fn name(raw: &str) -> Result<&str, Failure> {
    line(raw, 100, NAME)
}

fn line(raw: &str, max: usize, column: Column) -> Result<&str, Failure> {
    let trimmed = raw.trim();
    if longer_than(trimmed, max) {
        return Err(column.failure(TOO_LONG, format!("{} is longer than {max} characters", column.label())));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(column.failure(CHECK_VIOLATION, format!("{} contains a control character", column.label())));
    }
    if !trimmed.chars().any(is_visible) {
        return Err(column.failure(CHECK_VIOLATION, format!("{} is empty", column.label())));
    }
    Ok(trimmed)
}

/// A task's description: at most 1000 characters; of the control characters only tab, line feed and carriage return.
pub fn description(text: &str) -> Result<(), Failure> {
    if longer_than(text, DESCRIPTION_MAX) {
        return Err(description_too_long());
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(DESCRIPTION.failure(CHECK_VIOLATION, "description contains a control character"));
    }
    Ok(())
}

/// Refuses a description if no text of its size in bytes can be short enough. The size is known without reading the text.
pub fn description_bytes(bytes: usize) -> Result<(), Failure> {
    if bytes > DESCRIPTION_MAX * UTF8_MAX { Err(description_too_long()) } else { Ok(()) }
}

fn description_too_long() -> Failure {
    DESCRIPTION.failure(CHECK_VIOLATION, format!("description is longer than {DESCRIPTION_MAX} characters"))
}

/// A time: in the years 1 to 9999, because many clients cannot read any other time, nor infinity.
pub fn time(time: i64, column: Column) -> Result<(), Failure> {
    if TIMES.contains(&time) {
        return Ok(());
    }
    Err(column.failure(CHECK_VIOLATION, format!("{} is not in the years 1 to 9999", column.label())))
}

/// The time, or a microsecond after `before` if that is later. The last time of all has no successor, so it stays. A `before`
/// that breaks the rule does not count; only rows that were written without the triggers have such a time.
pub fn time_after(before: i64, time: i64) -> i64 {
    if TIMES.contains(&before) { time.max((before + 1).min(*TIMES.end())) } else { time }
}

/// A user's id: any text of 1-36 characters, never trimmed.
pub fn user_id(id: &str) -> Result<(), Failure> {
    if id.is_empty() {
        return Err(USER_ID.failure(CHECK_VIOLATION, "id is empty"));
    }
    if longer_than(id, USER_ID_MAX) {
        return Err(USER_ID.failure(TOO_LONG, format!("id is longer than {USER_ID_MAX} characters")));
    }
    Ok(())
}

/// Whether no user can have this id: `users.id` holds 1-36 characters.
pub fn is_impossible_user_id(id: &str) -> bool {
    user_id(id).is_err()
}

/// An e-mail address: 5-255 characters, `local@domain`, never trimmed.
///
/// The local part is a dot-atom (RFC 5322, with RFC 6531's non-ASCII characters), so no quoted string; the domain has
/// at least two labels of letters, digits and inner hyphens (non-ASCII ones as typed, RFC 5890), the last one not all
/// digits. Spaces, control and invisible characters are refused everywhere.
pub fn email(address: &str) -> Result<(), Failure> {
    if longer_than(address, 255) {
        return Err(EMAIL.failure(TOO_LONG, "email is longer than 255 characters"));
    }
    let well_formed =
        address.split_once('@').is_some_and(|(local, domain)| local.split('.').all(is_atom) && is_mail_domain(domain));
    if !well_formed || address.chars().count() < 5 {
        return Err(EMAIL.failure(CHECK_VIOLATION, "email is not a valid e-mail address"));
    }
    Ok(())
}

fn is_atom(atom: &str) -> bool {
    let allowed = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
        false => is_visible(c),
    };
    !atom.is_empty() && atom.chars().all(allowed)
}

fn is_mail_domain(domain: &str) -> bool {
    let Some((_, last)) = domain.rsplit_once('.') else { return false };
    domain.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    let allowed = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '-',
        false => is_visible(c),
    };
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(allowed)
}

/// A password in plain text: 8 characters to 72 bytes in NFC, which is returned. bcrypt reads no more than 72 bytes, so a
/// longer one is refused.
pub fn password(password: &str) -> Result<Cow<'_, str>, Failure> {
    password_rule::prepare(password).map_err(|broken| {
        let code = match broken {
            password_rule::Broken::TooLong => TOO_LONG,
            password_rule::Broken::TooShort => ERRCODE_INVALID_PARAMETER_VALUE,
        };
        HASHED_PASSWORD.failure(code, format!("password {broken}"))
    })
}

/// A stored password: `!` (locked), or a bcrypt hash `$2a$`, `$2b$` or `$2y$` of cost 4-15. Plain text never passes.
pub fn hashed_password(hash: &str) -> Result<(), Failure> {
    if hash == "!" || bcrypt_cost(hash).is_some() {
        return Ok(());
    }
    Err(HASHED_PASSWORD.failure(CHECK_VIOLATION, "hashed_password is neither a bcrypt hash of cost 4-15 nor '!'"))
}

/// The cost of a bcrypt hash that may be stored; none for any other text.
pub fn bcrypt_cost(hash: &str) -> Option<u32> {
    let [b'$', b'2', b'a' | b'b' | b'y', b'$', tens @ b'0'..=b'1', ones @ b'0'..=b'9', b'$', rest @ ..] =
        hash.as_bytes()
    else {
        return None;
    };
    let cost = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    let is_base_64 = rest.len() == 53 && rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/'));
    (is_base_64 && (4..=15).contains(&cost)).then_some(cost)
}

/// Whether two addresses are the same user's: equal without regard to ASCII case, as `ix_users_email_folded` has it.
pub fn is_same_address(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn longer_than(text: &str, max: usize) -> bool {
    text.len() > max && (text.len() > max * UTF8_MAX || text.chars().nth(max).is_some())
}

/// Whether a character is visible by itself: it is not white space, not a control character, and not [`is_blank`]. It does
/// not matter whether a font has it, so unassigned characters, private-use characters and lone combining marks are visible.
fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_blank(c)
}

/// Characters other than white space that show nothing, as of Unicode 18.0. The standard library does not carry them; the
/// CHECK of users.email and `docs/validation.md` have the same list.
fn is_blank(c: char) -> bool {
    // Default_Ignorable_Code_Point (DerivedCoreProperties.txt, with the code points it reserves): zero-width
    // characters, bidirectional marks, fillers and variation selectors.
    let is_default_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    // The other format characters (Cf in UnicodeData.txt) without a glyph of their own, which those with
    // Prepended_Concatenation_Mark (PropList.txt) have: interlinear annotation and Egyptian layout.
    let is_format = matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}');
    // Symbols, letters and a mark that are empty in the code charts, but have no property that says so: BRAILLE PATTERN BLANK,
    // EGYPTIAN HIEROGLYPH FULL BLANK and HALF BLANK, KHITAN SMALL SCRIPT FILLER, MUSICAL SYMBOL NULL NOTEHEAD.
    let is_empty = matches!(c, '\u{2800}' | '\u{13441}'..='\u{13442}' | '\u{16fe4}' | '\u{1d159}');
    is_default_ignorable || is_format || is_empty
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
