//! The guard of the tables of this extension and its companion `todo_auth`. As members, they have two sides: what drops the
//! extension drops every user, and what an application changes on them is not in a dump, which then cannot be restored.
//!
//! There are many ways to drop or change a thing (by its type, its owner, its schema, an extension that it needs, as a
//! partition, by another kind's command), so what counts is what is about to happen to it: [`hook`] is called by
//! PostgreSQL for each object that a command drops or alters. [`command`] judges the few commands by their text that
//! the hook cannot tell apart, and warns of what dumps will not carry.
//!
//! The library must be there before a command runs, whatever it is: that is what the event trigger `todo_guard` is for,
//! on `ddl_command_start`. (One on `sql_drop` would be gone when the extension is.)

mod command;
mod hook;
mod state;

use crate::boundary::scalar_function;
use crate::error::Failure;
use crate::settings;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, c_char};

/// The extensions whose tables are guarded.
const EXTENSIONS: [&CStr; 2] = [c"todo", c"todo_auth"];

const LIFT: &CStr = c"A superuser can lift the guard for the session: SET todo.guard = off.";
const KEEP_ROWS: &CStr = c"To keep all rows, take the tables out of the extension first: todo_release_tables(), or before \
    version 1.0.0 ALTER EXTENSION todo DROP TABLE. A superuser can lift the guard for the session: SET todo.guard = off.";
const NOT_TO_BE_COMPARED: &CStr =
    c"If a tool makes tables like its models, leave the extension's tables, view and sequence out of what \
    it compares, or run migrations instead. Tables of your own may reference users(id) and tasks(id).";
const OWN_COLUMNS: &CStr = c"Put columns of your own into a table that references users(id): a dump of the extension's \
    tables with other columns cannot be restored. A superuser can lift the guard for the session: SET todo.guard = off.";

scalar_function! {
    /// `todo_internal.guard()`, the event triggers on `ddl_command_start` and `ddl_command_end`
    fn todo_guard(call) {
        let (event, command) = call.event()?;
        state::SCHEMA.set(call.namespace);
        // SAFETY: the parse tree of the command that is about to run, or has run.
        unsafe {
            match event.to_bytes() {
                b"ddl_command_start" => command::begin(command)?,
                b"ddl_command_end" => command::end(command)?,
                _ => {}
            }
        }
        Ok(None)
    }
}

/// Puts hook and callbacks in place; called once, when the library is loaded.
pub fn install() {
    hook::install();
    command::install();
}

/// Whether nothing is refused: by the setting, in the extension's own scripts, and in pg_upgrade.
fn is_lifted() -> bool {
    // SAFETY: the variables are read by the backend's one thread.
    unsafe {
        !settings::guard()
            || pg_sys::IsBinaryUpgrade
            || (pg_sys::creating_extension && is_guarded(pg_sys::CurrentExtensionObject))
    }
}

/// Whether this is the OID of an extension whose tables are guarded.
fn is_guarded(extension: pg_sys::Oid) -> bool {
    // SAFETY: catalog look-ups.
    let is = |name: &&CStr| unsafe { pg_sys::get_extension_oid(name.as_ptr(), true) } == extension;
    extension != pg_sys::InvalidOid && EXTENSIONS.iter().any(is)
}

/// The extension that a relation belongs to, or InvalidOid.
fn extension_of(relation: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: a catalog look-up, which takes any OID.
    unsafe { pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, relation) }
}

/// Whether the relation belongs to one of these extensions, whatever it is.
pub fn is_member(relation: pg_sys::Oid) -> bool {
    is_guarded(extension_of(relation))
}

/// Whether the function belongs to one of these extensions.
pub fn is_member_function(function: pg_sys::Oid) -> bool {
    // SAFETY: a catalog look-up, which takes any OID.
    is_guarded(unsafe { pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, function) })
}

/// Whether the relation is a guarded table: by membership, whatever its name is.
fn is_table(relation: pg_sys::Oid) -> bool {
    // SAFETY: a catalog look-up, which takes any OID.
    unsafe { pg_sys::get_rel_relkind(relation) as u8 == pg_sys::RELKIND_RELATION && is_member(relation) }
}

fn is_owner(relation: pg_sys::Oid) -> bool {
    // SAFETY: catalog look-ups of a relation that is there.
    unsafe {
        #[cfg(feature = "pg15")]
        return pg_sys::pg_class_ownercheck(relation, pg_sys::GetUserId());
        #[cfg(not(feature = "pg15"))]
        return pg_sys::object_ownercheck(pg_sys::RelationRelationId, relation, pg_sys::GetUserId());
    }
}

/// The name of a relation, empty where there is none.
pub fn name_of(relation: pg_sys::Oid) -> String {
    // SAFETY: a catalog look-up, whose result is NULL or a terminated string.
    unsafe { text(pg_sys::get_rel_name(relation)) }
}

/// A relation and its extension, for messages.
fn described(relation: pg_sys::Oid) -> String {
    // SAFETY: a catalog look-up, whose result is NULL or a terminated string.
    let extension = unsafe { text(pg_sys::get_extension_name(extension_of(relation))) };
    format!("{} of extension {extension}", name_of(relation))
}

/// A name, or nothing for NULL.
///
/// # Safety
/// `name` is NULL or a terminated string.
unsafe fn text(name: *const c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

fn refusal(message: String, hint: &'static CStr) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message).hint(hint)
}

fn columns(table: pg_sys::Oid) -> Failure {
    refusal(format!("cannot change the columns of table {}", described(table)), OWN_COLUMNS)
}

fn part(kind: &str, name: &str) -> Failure {
    refusal(format!("cannot drop or change {kind} {name}, which an extension made"), LIFT)
}

fn loss(table: pg_sys::Oid) -> Failure {
    // SAFETY: a catalog look-up.
    let is_core = unsafe { pg_sys::get_extension_oid(EXTENSIONS[0].as_ptr(), true) } == extension_of(table);
    let hint = if is_core { KEEP_ROWS } else { LIFT };
    refusal(format!("cannot drop table {} while it holds rows", described(table)), hint)
}

fn belongs(relation: pg_sys::Oid) -> Failure {
    refusal(format!("cannot drop {}", described(relation)), NOT_TO_BE_COMPARED)
}

fn renamed_schema(name: &str) -> Failure {
    refusal(format!("cannot rename schema {name}, which holds objects of an extension"), LIFT)
}

fn whole(verb: &str, relation: pg_sys::Oid) -> Failure {
    refusal(format!("cannot {verb} {}", described(relation)), LIFT)
}
