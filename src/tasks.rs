//! The functions that write tasks. Each applies the rules that PostgreSQL could not report well and runs one
//! statement of `sql/statements/`; the triggers do the rest. Arguments, results and errors are described in
//! `sql/functions/`.

use crate::boundary::{Call, set_function};
use crate::error::{Column, Failure};
use crate::rules;
use crate::statement::{datum, statement};
use pgrx::PgSqlErrorCode::ERRCODE_FOREIGN_KEY_VIOLATION;

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
        // Stored in a varchar(36), a longer id could be cut (of blanks) to somebody else's.
        if rules::is_impossible_user_id(user_id) {
            return Err(USER_ID.failure(
                ERRCODE_FOREIGN_KEY_VIOLATION,
                "insert or update on table \"tasks\" violates foreign key constraint \"tasks_user_id_fkey\"",
            ));
        }
        let title = rules::title(title)?;
        let description = description(call, 2)?.filter(|text| !text.is_empty());
        let arguments = [datum(user_id), datum(title), datum(description)];
        Ok(CREATE.with(|create| create.bind(call.namespace, arguments)))
    }
}

set_function! {
    /// `todo_update_task(task_id bigint, user_id text, title text, description text)`
    fn todo_update_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        let title = call.argument::<&str>(2).map(rules::title).transpose()?;
        let description = description(call, 3)?;
        let arguments = [datum(task_id), datum(user_id), datum(title), datum(description)];
        Ok(UPDATE.with(|update| update.bind(call.namespace, arguments)))
    }
}

set_function! {
    /// `todo_toggle_task(task_id bigint, user_id text)`
    fn todo_toggle_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        Ok(TOGGLE.with(|toggle| toggle.bind(call.namespace, [datum(task_id), datum(user_id)])))
    }
}

set_function! {
    /// `todo_complete_task(task_id bigint, user_id text, completed boolean)`
    fn todo_complete_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        let completed: bool = call.required(2, "completed", COMPLETED)?;
        let arguments = [datum(task_id), datum(user_id), datum(completed)];
        Ok(COMPLETE.with(|complete| complete.bind(call.namespace, arguments)))
    }
}

set_function! {
    /// `todo_delete_task(task_id bigint, user_id text)`
    fn todo_delete_task(call) {
        let (task_id, user_id) = task_of_user(call)?;
        Ok(DELETE.with(|delete| delete.bind(call.namespace, [datum(task_id), datum(user_id)])))
    }
}

set_function! {
    /// `todo_complete_all(user_id text, completed boolean)`
    fn todo_complete_all(call) {
        let user_id: &str = call.required(0, "user_id", USER_ID)?;
        let completed: bool = call.required(1, "completed", COMPLETED)?;
        Ok(COMPLETE_ALL.with(|all| all.bind(call.namespace, [datum(user_id), datum(completed)])))
    }
}

set_function! {
    /// `todo_clear_completed(user_id text)`
    fn todo_clear_completed(call) {
        let user_id: &str = call.required(0, "user_id", USER_ID)?;
        Ok(CLEAR_COMPLETED.with(|clear| clear.bind(call.namespace, [datum(user_id)])))
    }
}

/// The first two arguments of every function on one task. An id that no task or user can have simply finds nothing.
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
