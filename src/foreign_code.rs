//! Triggers of other roles. None of them may run with the rights of the owner of the extension's tables.

use crate::error::Failure;
use crate::membership::Extension;
use crate::{catalog, transaction};
use pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// Fails (55000) if a trigger of someone else could run with the rights of the table's owner when a row is written. With
/// `cascading`, it also looks at the tables that refer to this one, where a trigger could run with the rights of the same
/// owner or of a superuser. The tables are locked for writing until the transaction ends.
pub fn refuse(table: Oid, cascading: bool) -> Result<(), Failure> {
    let written_by = catalog::relation_owner(table);
    // Each with the role whose rights its triggers have: a foreign key acts as the owner of the table that has it, on
    // partitions as well.
    let mut tables = vec![(table, written_by)];
    let mut next = 0;
    while let Some(&(table, owner)) = tables.get(next) {
        // What runs with the rights of another non-superuser is that role's own responsibility, as with any DELETE.
        let is_judged = owner == written_by || catalog::is_superuser(owner);
        let is_guarded = Extension::of_relation(table).is_some();
        for trigger in Trigger::of_table(table) {
            if let Some(referring) = trigger.referring.filter(|_| cascading) {
                let owner = catalog::relation_owner(referring);
                for referring in transaction::lock_with_partitions(referring) {
                    if !tables.contains(&(referring, owner)) {
                        tables.push((referring, owner));
                    }
                }
            } else if is_judged && (next == 0 || trigger.is_of_cascade) && trigger.is_foreign(owner, is_guarded) {
                let table = catalog::relation_name(table);
                let message = format!("trigger {} of table {table} could run code of another role", trigger.name);
                return Err(Failure::new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).hint(
                    c"The function of a trigger that runs with the owner's rights must belong to a superuser or to the table's \
                      owner. Its WHEN may call only PostgreSQL's own immutable functions. On tables that refer to those of the \
                      extension, it must have no arguments. todo_check() may tell more.",
                ));
            }
        }
        next += 1;
    }
    Ok(())
}

/// What we need to know about a trigger.
struct Trigger {
    oid: Oid,
    name: String,
    function: Oid,
    /// Whether its WHEN calls functions whose result may change.
    has_mutable_condition: bool,
    has_condition: bool,
    has_arguments: bool,
    is_disabled: bool,
    is_internal: bool,
    /// Whether it fires for DELETE or UPDATE, which is what a foreign key does to the rows that refer.
    is_of_cascade: bool,
    /// The table whose foreign key this one enforces on the table that it refers to.
    referring: Option<Oid>,
}

impl Trigger {
    /// The triggers of a table. It must be locked for writing, so that none is created, altered or dropped until the
    /// transaction ends.
    fn of_table(table: Oid) -> Vec<Self> {
        // SAFETY: the relation cache's entry lives while the relation is open. An ERROR closes it. Names are terminated
        // strings, and a WHEN is the text of an expression.
        unsafe {
            let relation = pg_sys::relation_open(table, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
            let triggers = (*relation).trigdesc;
            let count = if triggers.is_null() { 0 } else { (*triggers).numtriggers as usize };
            let read = |trigger: &pg_sys::Trigger| {
                let kind = || pg_sys::RI_FKey_trigger_type(trigger.tgfoid) as u32;
                let has_condition = !trigger.tgqual.is_null();
                let calls_mutable = || pg_sys::contain_mutable_functions(pg_sys::stringToNode(trigger.tgqual).cast());
                Self {
                    oid: trigger.tgoid,
                    name: CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned(),
                    function: trigger.tgfoid,
                    has_condition,
                    has_mutable_condition: has_condition && calls_mutable(),
                    has_arguments: trigger.tgnargs > 0,
                    is_disabled: trigger.tgenabled as u8 == pg_sys::TRIGGER_DISABLED,
                    is_internal: trigger.tgisinternal,
                    is_of_cascade: trigger.tgtype as u32 & (pg_sys::TRIGGER_TYPE_DELETE | pg_sys::TRIGGER_TYPE_UPDATE)
                        != 0,
                    referring: (trigger.tgisinternal && kind() == pg_sys::RI_TRIGGER_PK)
                        .then_some(trigger.tgconstrrelid),
                }
            };
            let list = (0..count).map(|i| read(&*(*triggers).triggers.add(i))).collect();
            pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
            list
        }
    }

    /// Whether it could run code of another role with the rights of `owner`. A SECURITY DEFINER function is not safer, because
    /// its owner can change that before the trigger fires.
    ///
    /// Arguments can be names of tables, or SQL, that a function of a superuser uses. They come from whoever made the trigger.
    /// The guard keeps all but owner and superusers from making one on a table of ours (`is_guarded`).
    fn is_foreign(&self, owner: Oid, is_guarded: bool) -> bool {
        if self.is_internal || self.is_disabled {
            return false;
        }
        let function_owner = catalog::function_owner(self.function);
        // A function of ours in C is what a superuser made, even if its owner is no superuser any more.
        let is_ours = Extension::of(pg_sys::ProcedureRelationId, self.function)
            .is_some_and(|extension| extension.is_trusted() || catalog::is_in_c(self.function));
        if is_ours {
            return self.has_foreign_condition();
        }
        let is_trusted = function_owner == owner || catalog::is_superuser(function_owner);
        let is_of_postgresql = self.function.to_u32() < pg_sys::FirstNormalObjectId;
        let has_foreign_arguments = self.has_arguments && !is_guarded && !is_of_postgresql;
        !is_trusted || has_foreign_arguments || self.has_foreign_condition()
    }

    /// Whether its WHEN calls anything except immutable built-in functions. Those are harmless, whoever made the trigger: no
    /// catalog says who did, and the privilege TRIGGER is enough to make one. PostgreSQL records every other object that a
    /// condition needs as a dependency of the trigger.
    fn has_foreign_condition(&self) -> bool {
        if !self.has_condition || self.has_mutable_condition {
            return self.has_condition;
        }
        let harmless = [pg_sys::RelationRelationId, pg_sys::ExtensionRelationId, pg_sys::TriggerRelationId];
        catalog::dependencies(pg_sys::TriggerRelationId, self.oid).iter().any(|needed| match needed.class {
            pg_sys::ProcedureRelationId => needed.object != self.function,
            class => !harmless.contains(&class),
        })
    }
}
