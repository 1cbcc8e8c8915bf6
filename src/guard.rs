//! The guard of the tables of this extension and its companions. The tables are members of an extension, which has two
//! risks. A command that drops the extension drops every user. And if an application changes a table, a dump does not
//! include the change, so the dump cannot be restored.
//!
//! There are many ways to drop or change an object (through its type, its owner, its schema, an extension that it needs, as
//! a partition, or with a command for another kind of object), so the guard does not look at the command. PostgreSQL calls
//! [`hook`] for each object that is dropped. For everything else, [`command`] compares the [`state`] before and after.
//!
//! The library must be loaded before any such command runs. That is what the event trigger `todo_guard` on
//! `ddl_command_start` is for. (When a trigger on `sql_drop` would fire, it would already be dropped with the extension.)

mod command;
mod hook;
mod isolation;
mod state;

use crate::boundary::scalar_function;
use crate::catalog::relation_name;
use crate::error::Failure;
use crate::membership::Extension;
use crate::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

const LIFT: &CStr = c"A superuser can lift the guard for the session: SET todo.guard = off.";
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
                b"ddl_command_end" => {
                    command::end(command)?;
                    isolation::complete(command, call.namespace)?;
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

/// Sets up the hook and the callbacks of the guard. Called once, when the library is loaded.
pub fn install() {
    hook::install();
    command::install();
}

/// Whether nothing is refused: if the setting is off, in the extension's own scripts, and in pg_upgrade.
fn is_lifted() -> bool {
    // SAFETY: the variables are read by the backend's one thread.
    unsafe {
        !settings::guard()
            || pg_sys::IsBinaryUpgrade
            || (pg_sys::creating_extension
                && Extension::by_oid(pg_sys::CurrentExtensionObject).is_some_and(Extension::is_trusted))
    }
}

fn is_member(relation: Oid) -> bool {
    Extension::of_relation(relation).is_some()
}

/// Whether the relation is a guarded table: by membership, whatever its name is.
fn is_table(relation: Oid) -> bool {
    // SAFETY: a catalog look-up, which takes any OID.
    unsafe { pg_sys::get_rel_relkind(relation) as u8 == pg_sys::RELKIND_RELATION && is_member(relation) }
}

fn is_owner(relation: Oid) -> bool {
    // SAFETY: catalog look-ups of a relation that is there.
    unsafe {
        #[cfg(feature = "pg15")]
        return pg_sys::pg_class_ownercheck(relation, pg_sys::GetUserId());
        #[cfg(not(feature = "pg15"))]
        return pg_sys::object_ownercheck(pg_sys::RelationRelationId, relation, pg_sys::GetUserId());
    }
}

/// A relation and its extension, for messages.
fn described(relation: Oid) -> String {
    let extension = Extension::of_relation(relation).map(Extension::name).unwrap_or_default();
    format!("{} of extension {extension}", relation_name(relation))
}

fn refusal(message: String, hint: &'static CStr) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message).hint(hint)
}

fn columns(table: Oid) -> Failure {
    refusal(format!("cannot change the columns of table {}", described(table)), OWN_COLUMNS)
}

fn kept(kind: &str, name: &str) -> Failure {
    refusal(format!("cannot drop or change {kind} {name}, which an extension needs as it is"), LIFT)
}
