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
    let mut tables = vec![table];
    let mut next = 0;
    while let Some(&table) = tables.get(next) {
        let owner = catalog::relation_owner(table);
        // What runs with the rights of another non-superuser is that role's own responsibility, as with any DELETE.
        let is_judged = owner == written_by || catalog::is_superuser(owner);
        for trigger in Trigger::of_table(table) {
            if let Some(referring) = trigger.referring.filter(|_| cascading) {
                for referring in transaction::lock_with_partitions(referring) {
                    if !tables.contains(&referring) {
                        tables.push(referring);
                    }
                }
            } else if is_judged && (next == 0 || trigger.is_of_cascade) && trigger.is_foreign(owner) {
                let table = catalog::relation_name(table);
                let message = format!("trigger {} of table {table} could run code of another role", trigger.name);
                return Err(Failure::new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).hint(
                    c"Only a trigger whose function belongs to a superuser or to the table's owner, and whose WHEN calls only \
                      PostgreSQL's own immutable functions, may run with the owner's rights.",
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
    fn is_foreign(&self, owner: Oid) -> bool {
        if self.is_internal || self.is_disabled {
            return false;
        }
        let function_owner = catalog::function_owner(self.function);
        let is_trusted = function_owner == owner
            || catalog::is_superuser(function_owner)
            || Extension::of(pg_sys::ProcedureRelationId, self.function).is_some_and(Extension::is_trusted);
        !is_trusted || self.has_foreign_condition()
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
