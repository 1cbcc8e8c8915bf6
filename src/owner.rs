//! The tables' owner. With the owner's rights, functions on users can do what their caller must not be able to do.
//!
//! The owner is the role `todo_owner`, which can do nothing except own the extensions' objects, or the role that owned
//! adopted tables. It is never a superuser. Triggers of other roles never run with its rights: the statement fails if
//! there is one.

use crate::catalog;
use crate::error::Failure;
use crate::foreign_code::{self, Writing};
use crate::membership::Extension;
use crate::transaction::{self, Lock};
use pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
use pgrx::pg_sys::Oid;
use std::ffi::CStr;

/// What a statement does with a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    /// PostgreSQL may also change what refers to a row, with the rights of the owner of that table.
    Write(Writing),
}

/// The owner of one of the extension's tables, for a statement that does `access` with the owner's rights. The table is
/// locked as the statement will lock it, until the transaction ends, so that what is found here stays true.
///
/// Errors: 55000 the table is not the extension's, belongs to a superuser, or has a trigger of someone else.
pub fn of_table(name: &CStr, namespace: Oid, access: Access) -> Result<Oid, Failure> {
    let lock = if access == Access::Read { Lock::Read } else { Lock::Write };
    let table = transaction::lock_table(name, namespace, lock)
        .ok_or_else(|| refusal(format!("extension todo has no table {}", name.to_string_lossy())))?;
    must_be_member(table)?;
    let owner = catalog::relation_owner(table);
    if catalog::is_superuser(owner) {
        return Err(refusal(format!("table {} belongs to a superuser", catalog::relation_name(table)))
            .hint(c"Functions run with the rights of the table's owner. Run ALTER TABLE ... OWNER TO todo_owner."));
    }
    if let Access::Write(writing) = access {
        foreign_code::refuse(table, writing)?;
    }
    Ok(owner)
}

/// 55000 unless the relation belongs to extension `todo`.
pub fn must_be_member(relation: Oid) -> Result<(), Failure> {
    if Extension::of_relation(relation).is_some_and(Extension::is_todo) {
        return Ok(());
    }
    Err(not_a_member(relation))
}

/// The failure for a relation that belongs to none of our extensions: 55000.
pub fn not_a_member(relation: Oid) -> Failure {
    refusal(format!("relation {} does not belong to extension todo", catalog::relation_name(relation)))
        .hint(c"The functions of extension todo work on its own tables only.")
}

fn refusal(message: String) -> Failure {
    Failure::new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}
