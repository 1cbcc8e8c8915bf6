//! The functions that write tasks. Each of them applies the rules that PostgreSQL could not report well, and runs one
//! statement of `sql/statements/`. The triggers do the rest. `sql/functions/` describes arguments, results and errors.

use crate::boundary::{Call, set_function};
use crate::error::{Column, Failure};
use crate::rules;
use crate::statement::{datum, statement};
use crate::transaction;
use pgrx::PgSqlErrorCode::ERRCODE_FOREIGN_KEY_VIOLATION;
use std::ffi::CStr;

const ID: Column = Column::new(c"tasks", c"id");
const USER_ID: Column = Column::checked(c"tasks", c"user_id", c"tasks_user_id_fkey");
const COMPLETED: Column = Column::new(c"tasks", c"completed");

statement!(CREATE = "create_task"(TEXTOID, TEXTOID, TEXTOID));
statement!(UPDATE = "update_task"(INT8OID, TEXTOID, TEXTOID, TEXTOID));
statement!(TOGGLE = "toggle_task"(INT8OID, TEXTOID));
statement!(COMPLETE = "complete_task"(INT8OID, TEXTOID, BOOLOID));
statement!(DELETE = "delete_task"(INT8OID, TEXTOID));
statement!(COMPLETE_ALL = "complete_all"(TEXTOID, BOOLOID));
statement!(CLEAR_COMPLETED = "clear_completed"(TEXTOID));

set_function! {
    /// `todo_create_task(user_id text, title text, description text)`
    fn todo_create_task(call) {
        let user_id: &str = call.required(0, "user_id", USER_ID)?;
        let title: &str = call.required(1, "title", rules::TITLE)?;
        // PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
        if rules::is_impossible_user_id(user_id) {
            return Err(USER_ID.failure(
                ERRCODE_FOREIGN_KEY_VIOLATION,
                "insert or update on table \"tasks\" violates foreign key constraint \"tasks_user_id_fkey\"",
            ));
        }
        let title = rules::title(title)?;
        let description = description(call, 2)?.filter(|text| !text.is_empty());
        call.run(&CREATE, [datum(user_id), datum(title), datum(description)])
    }
}

set_function! {
    /// `todo_update_task(task_id bigint, user_id text, title text, description text)`
    fn todo_update_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        let title = call.argument::<&str>(2).map(rules::title).transpose()?;
        let description = description(call, 3)?;
        call.run(&UPDATE, [datum(task_id), datum(user_id), datum(title), datum(description)])
    }
}

set_function! {
    /// `todo_toggle_task(task_id bigint, user_id text)`
    fn todo_toggle_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        call.run(&TOGGLE, [datum(task_id), datum(user_id)])
    }
}

set_function! {
    /// `todo_complete_task(task_id bigint, user_id text, completed boolean)`
    fn todo_complete_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        let completed: bool = call.required(2, "completed", COMPLETED)?;
        call.run(&COMPLETE, [datum(task_id), datum(user_id), datum(completed)])
    }
}

set_function! {
    /// `todo_delete_task(task_id bigint, user_id text)`
    fn todo_delete_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        call.run(&DELETE, [datum(task_id), datum(user_id)])
    }
}

set_function! {
    /// `todo_complete_all(user_id text, completed boolean)`
    fn todo_complete_all(call) {
        let user_id: &str = call.required(0, "user_id", USER_ID)?;
        let completed: bool = call.required(1, "completed", COMPLETED)?;
        lock_all(user_id, c"todo_complete_all()");
        call.run(&COMPLETE_ALL, [datum(user_id), datum(completed)])
    }
}

set_function! {
    /// `todo_clear_completed(user_id text)`
    fn todo_clear_completed(call) {
        let user_id: &str = call.required(0, "user_id", USER_ID)?;
        lock_all(user_id, c"todo_clear_completed()");
        call.run(&CLEAR_COMPLETED, [datum(user_id)])
    }
}

/// Lets only one transaction at a time write any number of this user's tasks. Such functions lock the tasks in the order in
/// which they happen to find them, so two at the same time could deadlock. 25006 where nothing may be written.
///
/// This lock costs less than locking all rows in one order first.
pub fn lock_all(user_id: &str, function: &CStr) {
    transaction::must_be_writable(function);
    transaction::lock_user(user_id);
}

/// The first two arguments of every function on one task. An id that no task or user can have matches nothing.
fn task_of_user(call: &Call) -> Result<(i64, &str), Failure> {
    Ok((call.required(0, "task_id", ID)?, call.required(1, "user_id", USER_ID)?))
}

/// An optional description, refused by its size before it is read.
fn description(call: &Call, index: usize) -> Result<Option<&str>, Failure> {
    rules::description_bytes(call.text_bytes(index).unwrap_or(0))?;
    let text = call.argument::<&str>(index);
    text.map(rules::description).transpose()?;
    Ok(text)
}
