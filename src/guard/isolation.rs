//! A restore brings rights, rows and roles in whatever order. After each command that may have given a right, roles that are to be
//! isolated get their policies.

use super::command::relation_named;
use crate::catalog;
use crate::error::Failure;
use crate::statement::statement;
use pgrx::pg_sys::{self, NodeTag, Oid};

statement!(COMPLETE = "complete_isolation"());

/// To be called after each command. `namespace` is the schema todo_internal.
///
/// # Safety
/// `command` is a parse tree.
pub unsafe fn complete(command: *mut pg_sys::Node, namespace: Oid) -> Result<(), Failure> {
    // Version 1.0.0 has no such table.
    let list =
        || Some(catalog::relation_named(c"isolated_roles", namespace)).filter(|&list| list != pg_sys::InvalidOid);
    // SAFETY: the tag tells the node's type; the fields are what the parser puts there.
    let is_in_question = unsafe {
        match (*command).type_ {
            NodeTag::T_GrantStmt => list().is_some(),
            // pg_restore --disable-triggers ends with it.
            NodeTag::T_AlterTableStmt => {
                let table = (*command.cast::<pg_sys::AlterTableStmt>()).relation;
                list().is_some_and(|list| relation_named(table) == list)
            }
            _ => false,
        }
    };
    // SAFETY: these are variables of the backend. In scripts of extensions and in pg_upgrade, the tables may be incomplete.
    if is_in_question && unsafe { pg_sys::superuser() && !pg_sys::creating_extension && !pg_sys::IsBinaryUpgrade } {
        COMPLETE.first_row::<0>(namespace, [])?;
    }
    Ok(())
}
