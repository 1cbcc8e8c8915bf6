//! The row triggers. They normalize a new row (trimmed, UTC, consistent) and refuse one that breaks a rule.
//!
//! They run before every INSERT and UPDATE, whichever client it comes from, and during a restore. So a row that they have
//! accepted once is accepted again unchanged. They touch no other row. They raise their errors before a NOT NULL or CHECK
//! constraint does, because PostgreSQL's DETAIL for those shows the whole row.

use crate::boundary::trigger_function;
use crate::error::{Column, Failure};
use crate::row::{Any, Flag, Kind, Position, Text, Time, Trigger};
use crate::rules;
use crate::transaction::{local_timestamp, utc_now};

trigger_function! {
    /// `todo_internal.users_before_row()`
    fn todo_users_before_row(trigger) {
        let id = not_null::<Text>(trigger, rules::USER_ID)?;
        let email = not_null::<Text>(trigger, rules::EMAIL)?;
        let name = not_null::<Text>(trigger, rules::NAME)?;
        let hashed_password = not_null::<Text>(trigger, rules::HASHED_PASSWORD)?;
        let created_at = not_null::<Time>(trigger, rules::USER_CREATED_AT)?;
        let updated_at = not_null::<Time>(trigger, rules::USER_UPDATED_AT)?;
        not_null::<Flag>(trigger, Column::new(c"users", c"is_active"))?;
        let email_verified = not_null::<Flag>(trigger, Column::new(c"users", c"email_verified"))?;

        check(trigger, id, rules::user_id)?;
        check(trigger, email, rules::email)?;
        trim(trigger, name, rules::name)?;
        check(trigger, hashed_password, rules::hashed_password)?;
        time(trigger, created_at, rules::USER_CREATED_AT)?;
        time(trigger, updated_at, rules::USER_UPDATED_AT)?;

        // The new address has not been verified, whatever the statement says.
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
        not_null::<Any>(trigger, Column::new(c"tasks", c"id"))?;
        not_null::<Any>(trigger, Column::new(c"tasks", c"user_id"))?;
        let title = not_null::<Text>(trigger, rules::TITLE)?;
        let description = trigger.new.position::<Text>(c"description")?;
        let completed = not_null::<Flag>(trigger, Column::new(c"tasks", c"completed"))?;
        let created_at = not_null::<Time>(trigger, rules::TASK_CREATED_AT)?;
        let updated_at = not_null::<Time>(trigger, rules::TASK_UPDATED_AT)?;
        let completed_at = trigger.new.position::<Time>(c"completed_at")?;

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
fn not_null<K: Kind>(trigger: &Trigger, column: Column) -> Result<Position<K>, Failure> {
    let position = trigger.new.position(column.name)?;
    if trigger.new.is_null(position) { Err(column.null()) } else { Ok(position) }
}

/// Applies a rule to a text that the statement sets.
fn check(trigger: &Trigger, column: Position<Text>, rule: fn(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    match trigger.new.get(column) {
        Some(text) if trigger.is_set(column) => rule(text),
        _ => Ok(()),
    }
}

/// Applies a rule to a text that the statement sets, and stores it as the rule trims it.
fn trim(trigger: &mut Trigger, column: Position<Text>, rule: fn(&str) -> Result<&str, Failure>) -> Result<(), Failure> {
    if let Some(text) = trigger.new.get(column).filter(|_| trigger.is_set(column)) {
        let trimmed = rule(text)?;
        if trimmed.len() != text.len() {
            trigger.new.set(column, Some(trimmed));
        }
    }
    Ok(())
}

/// A description is refused by its size before it is read.
fn check_description(trigger: &Trigger, column: Position<Text>) -> Result<(), Failure> {
    rules::description_bytes(trigger.new.text_bytes(column).unwrap_or(0))?;
    check(trigger, column, rules::description)
}

/// Whether the statement changes the address beyond letter case.
fn has_other_address(trigger: &Trigger, email: Position<Text>) -> bool {
    let Some(old) = trigger.old.as_ref().and_then(|old| old.get(email)) else { return false };
    trigger.new.get(email).is_some_and(|new| !rules::is_same_address(old, new))
}

/// Keeps `completed` and `completed_at` consistent. The time is set when a task is completed, unless the statement sets one.
/// It stays while the task is completed, and is cleared when the task is pending again. A transaction may complete a task that
/// was created after the transaction began. Then the transaction's `NOW()` is replaced with the time of creation.
fn own_completed_at(
    trigger: &mut Trigger,
    completed: Position<Flag>,
    completed_at: Position<Time>,
    created_at: Position<Time>,
) {
    let is_completed = trigger.new.get(completed) == Some(true);
    let Some(given) = trigger.new.get(completed_at) else {
        if is_completed {
            let before = trigger.old.as_ref().and_then(|old| old.get(completed_at));
            let time = before.unwrap_or_else(|| now_since(trigger.new.get(created_at)));
            trigger.new.set(completed_at, Some(time));
        }
        return;
    };
    if !is_completed {
        trigger.new.set(completed_at, None);
    } else if given == utc_now() && trigger.is_set(completed_at) {
        trigger.new.set(completed_at, Some(now_since(trigger.new.get(created_at))));
    }
}

/// Moves `updated_at` when an UPDATE changes something: to now, or to what the statement sets. It always moves forward,
/// although a transaction that began earlier, or a client whose clock is slow, may write later.
fn touch(trigger: &mut Trigger, updated_at: Position<Time>) {
    let Some(before) = trigger.old.as_ref().and_then(|old| old.get(updated_at)) else { return };
    let time = match trigger.new.get(updated_at) {
        Some(given) if trigger.is_set(updated_at) => given,
        _ if trigger.is_changed(updated_at) => utc_now(),
        _ => return,
    };
    let later = rules::time_after(before, time);
    if trigger.new.get(updated_at) != Some(later) {
        trigger.new.set(updated_at, Some(later));
    }
}

/// Applies the rule for times to one that the statement sets. If it is the local time, as an application's `NOW()` is, it
/// becomes UTC. Any other time stays as it is.
fn time(trigger: &mut Trigger, position: Position<Time>, column: Column) -> Result<(), Failure> {
    let Some(time) = trigger.new.get(position).filter(|_| trigger.is_set(position)) else { return Ok(()) };
    rules::time(time, column)?;
    let now = utc_now();
    if time != now && time == local_timestamp() {
        trigger.new.set(position, Some(now));
    }
    Ok(())
}

/// The transaction's time in UTC, but not before `earliest`.
fn now_since(earliest: Option<i64>) -> i64 {
    utc_now().max(earliest.unwrap_or(i64::MIN))
}
