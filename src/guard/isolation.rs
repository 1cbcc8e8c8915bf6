//! A restore brings back rights, rows and roles in any order. So after each command that may have granted a right, the roles that
//! are to be isolated get their policies. And when an application turns on row-level security itself, the extension's policy that
//! shows all rows to everyone is dropped, so that the application's own policies decide.

use super::command::relation_named;
use super::is_table;
use crate::catalog;
use crate::error::Failure;
use crate::statement::{datum, statement};
use pgrx::PgList;
use pgrx::pg_sys::{self, NodeTag, Oid};

statement!(COMPLETE = "complete_isolation"());
statement!(SECURED = "secured_by_application"(OIDOID));

/// To be called after each command. `namespace` is the schema todo_internal. Errors: those of the two statements.
///
/// # Safety
/// `command` is a parse tree.
pub unsafe fn complete(command: *mut pg_sys::Node, namespace: Oid) -> Result<(), Failure> {
    // SAFETY: these are variables of the backend. In scripts of extensions and in pg_upgrade, the tables may be incomplete.
    if unsafe { pg_sys::creating_extension || pg_sys::IsBinaryUpgrade } {
        return Ok(());
    }
    // Version 1.0.0 has no such table. A role that does not own the table cannot isolate a role.
    let list = || {
        let list = catalog::relation_named(c"isolated_roles", namespace);
        // SAFETY: reads catalogs.
        let is_owner = || unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), catalog::relation_owner(list)) };
        Some(list).filter(|&list| list != pg_sys::InvalidOid && is_owner())
    };
    // SAFETY: the tag tells the node's type.
    match unsafe { (*command).type_ } {
        // CREATE SCHEMA may contain GRANT.
        NodeTag::T_GrantStmt | NodeTag::T_CreateSchemaStmt | NodeTag::T_DropOwnedStmt if list().is_some() => {
            COMPLETE.first_row::<0>(namespace, [])?;
        }
        NodeTag::T_AlterTableStmt => {
            let command: *const pg_sys::AlterTableStmt = command.cast();
            // SAFETY: the fields are what the parser puts there.
            let (table, secures) = unsafe { (relation_named((*command).relation), enables_row_security(command)) };
            if list().is_some_and(|list| list == table) {
                // pg_restore --disable-triggers ends with it.
                COMPLETE.first_row::<0>(namespace, [])?;
            } else if secures && is_table(table) && list().is_some() {
                SECURED.first_row::<0>(namespace, [datum(table)])?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// # Safety
/// `command` is a parse tree.
unsafe fn enables_row_security(command: *const pg_sys::AlterTableStmt) -> bool {
    // SAFETY: the caller's promise; the parser makes a list of AlterTableCmd.
    let parts = unsafe { PgList::<pg_sys::AlterTableCmd>::from_pg((*command).cmds) };
    // SAFETY: as above.
    parts.iter_ptr().any(|part| unsafe { (*part).subtype } == pg_sys::AlterTableType::AT_EnableRowSecurity)
}
