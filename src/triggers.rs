//! The row triggers: they bring a new row in shape (trimmed, UTC, consistent) and refuse one that breaks a rule.
//!
//! They run before every INSERT and UPDATE, by whatever client, and in a restore: applied to a row that they let
//! through before, they change nothing. They touch no row but the new one, and raise before a NOT NULL or CHECK
//! constraint does, because PostgreSQL's DETAIL for those shows the whole row.

use crate::boundary::{raw_text_bytes, trigger_function};
use crate::error::{Column, Failure};
use crate::row::{Kind, Trigger};
use crate::rules;
use pgrx::pg_sys;

trigger_function! {
    /// `todo_internal.users_before_row()`
    fn todo_users_before_row(trigger) {
        let id = not_null(trigger, rules::USER_ID, Kind::Text)?;
        let email = not_null(trigger, rules::EMAIL, Kind::Text)?;
        let name = not_null(trigger, rules::NAME, Kind::Text)?;
        let hashed_password = not_null(trigger, rules::HASHED_PASSWORD, Kind::Text)?;
        let created_at = not_null(trigger, rules::USER_CREATED_AT, Kind::Time)?;
        let updated_at = not_null(trigger, rules::USER_UPDATED_AT, Kind::Time)?;
        not_null(trigger, Column::new(c"users", c"is_active"), Kind::Flag)?;
        let email_verified = not_null(trigger, Column::new(c"users", c"email_verified"), Kind::Flag)?;

        check(trigger, id, rules::user_id)?;
        check(trigger, email, rules::email)?;
        trim(trigger, name, rules::name)?;
        check(trigger, hashed_password, rules::hashed_password)?;
        time(trigger, created_at, rules::USER_CREATED_AT)?;
        time(trigger, updated_at, rules::USER_UPDATED_AT)?;

        // The new address has not been verified, whatever the statement says of the old one.
        if has_other_address(trigger, email) {
            trigger.new.set(email_verified, Some(false));
        }
        touch(trigger, updated_at);
        Ok(())
    }
}

trigger_function! {
    /// `todo_internal.tasks_before_row()`
    fn todo_tasks_before_row(trigger) {
        not_null(trigger, Column::new(c"tasks", c"id"), Kind::Any)?;
        not_null(trigger, Column::new(c"tasks", c"user_id"), Kind::Any)?;
        let title = not_null(trigger, rules::TITLE, Kind::Text)?;
        let description = trigger.new.position(c"description", Kind::Text)?;
        let completed = not_null(trigger, Column::new(c"tasks", c"completed"), Kind::Flag)?;
        let created_at = not_null(trigger, rules::TASK_CREATED_AT, Kind::Time)?;
        let updated_at = not_null(trigger, rules::TASK_UPDATED_AT, Kind::Time)?;
        let completed_at = trigger.new.position(c"completed_at", Kind::Time)?;

        trim(trigger, title, rules::title)?;
        check_description(trigger, description)?;
        time(trigger, created_at, rules::TASK_CREATED_AT)?;
        time(trigger, updated_at, rules::TASK_UPDATED_AT)?;
        time(trigger, completed_at, rules::COMPLETED_AT)?;
        own_completed_at(trigger, completed, completed_at, created_at);
        touch(trigger, updated_at);
        Ok(())
    }
}

/// The position of a column that must not be NULL.
fn not_null(trigger: &Trigger, column: Column, kind: Kind) -> Result<usize, Failure> {
    let position = trigger.new.position(column.name, kind)?;
    if trigger.new.is_null(position) { Err(column.null()) } else { Ok(position) }
}

/// Applies a rule to a text that the statement sets.
fn check(trigger: &Trigger, column: usize, rule: fn(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    match trigger.new.get::<&str>(column) {
        Some(text) if trigger.is_set(column) => rule(text),
        _ => Ok(()),
    }
}

/// Applies a rule to a text that the statement sets, and stores it as the rule trims it.
fn trim(trigger: &mut Trigger, column: usize, rule: fn(&str) -> Result<&str, Failure>) -> Result<(), Failure> {
    if let Some(text) = trigger.new.get::<&str>(column).filter(|_| trigger.is_set(column)) {
        let trimmed = rule(text)?;
        if trimmed.len() != text.len() {
            trigger.new.set(column, Some(trimmed));
        }
    }
    Ok(())
}

fn check_description(trigger: &Trigger, column: usize) -> Result<(), Failure> {
    if let Some(datum) = trigger.new.datum(column) {
        // SAFETY: the datum is the text column's.
        rules::description_bytes(unsafe { raw_text_bytes(datum) })?;
    }
    check(trigger, column, rules::description)
}

/// Whether the statement changes the address beyond letter case.
fn has_other_address(trigger: &Trigger, email: usize) -> bool {
    let Some(old) = trigger.old.as_ref().and_then(|old| old.get::<&str>(email)) else { return false };
    trigger.new.get::<&str>(email).is_some_and(|new| !rules::is_same_address(old, new))
}

/// `completed` and `completed_at` tell the same: the time is set when a task is completed (a time that the statement
/// gives is kept), stays while it is, and goes when it is pending again. A transaction may complete a task that was made
/// after it began: then its `NOW()`, by the statement or by us, is the time at which the task was made.
fn own_completed_at(trigger: &mut Trigger, completed: usize, completed_at: usize, created_at: usize) {
    let is_completed = trigger.new.get::<bool>(completed) == Some(true);
    let Some(given) = trigger.new.get::<i64>(completed_at) else {
        if is_completed {
            let before = trigger.old.as_ref().and_then(|old| old.get::<i64>(completed_at));
            let time = before.unwrap_or_else(|| now_since(trigger.new.get(created_at)));
            trigger.new.set(completed_at, Some(time));
        }
        return;
    };
    if !is_completed {
        trigger.new.set(completed_at, None::<i64>);
    } else if given == utc_now() && trigger.is_set(completed_at) {
        trigger.new.set(completed_at, Some(now_since(trigger.new.get(created_at))));
    }
}

/// `updated_at` moves when an UPDATE changes something, to now or to what the statement sets it to, but always forward:
/// a transaction that began earlier, or a client whose clock is slow, may write later.
fn touch(trigger: &mut Trigger, updated_at: usize) {
    let Some(before) = trigger.old.as_ref().and_then(|old| old.get::<i64>(updated_at)) else { return };
    let time = match trigger.new.get::<i64>(updated_at) {
        Some(given) if trigger.is_set(updated_at) => given,
        _ if trigger.is_changed(updated_at) => utc_now(),
        _ => return,
    };
    let later = rules::time_after(before, time);
    if trigger.new.get(updated_at) != Some(later) {
        trigger.new.set(updated_at, Some(later));
    }
}

/// Applies the rule of times to one that the statement sets. The local time of an application's `NOW()` becomes UTC; any
/// other time stays as it is.
fn time(trigger: &mut Trigger, position: usize, column: Column) -> Result<(), Failure> {
    let Some(time) = trigger.new.get::<i64>(position).filter(|_| trigger.is_set(position)) else { return Ok(()) };
    rules::time(time, column)?;
    let now = utc_now();
    if time != now && time == local_timestamp() {
        trigger.new.set(position, Some(now));
    }
    Ok(())
}

/// The transaction's time in UTC, as a timestamp without time zone: microseconds since 2000-01-01, which is what
/// PostgreSQL's timestamp with time zone holds.
fn utc_now() -> i64 {
    // SAFETY: reads a variable of the running transaction.
    unsafe { pg_sys::GetCurrentTransactionStartTimestamp() }
}

/// The transaction's time in UTC, or a later one before which it cannot be.
fn now_since(earliest: Option<i64>) -> i64 {
    utc_now().max(earliest.unwrap_or(i64::MIN))
}

/// `LOCALTIMESTAMP`: the transaction's time in the session's time zone.
fn local_timestamp() -> i64 {
    // SAFETY: the function takes one timestamptz and returns a timestamp; both are passed by value as 64 bits.
    unsafe { pgrx::direct_function_call(pg_sys::timestamptz_timestamp, &[pgrx::IntoDatum::into_datum(utc_now())]) }
        .expect("timestamptz_timestamp is strict")
}
