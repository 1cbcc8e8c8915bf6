//! Code of other roles, in triggers, rules and constraints. None of it may run with the rights of the owner of the extension's
//! tables.

use crate::error::Failure;
use crate::membership::Extension;
use crate::{catalog, transaction};
use pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// The events that triggers fire for, as in `pg_trigger.tgtype`.
const INSERT: u32 = pg_sys::TRIGGER_TYPE_INSERT;
const DELETE: u32 = pg_sys::TRIGGER_TYPE_DELETE;
const UPDATE: u32 = pg_sys::TRIGGER_TYPE_UPDATE;

/// What is done to a table with the rights of its owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// A statement of this library inserts rows. No command that changes a table or trigger can run meanwhile.
    Insertion,
    /// A statement of this library updates these columns. Again, no command that changes a table or trigger can run.
    Update(&'static [&'static CStr]),
    /// A statement of this library deletes rows. Again, no command that changes a table or trigger can run.
    Deletion,
    /// A function in SQL runs any statement. What that fires could change what it reaches later.
    Anything,
}

/// A table that is written, by the statement or by a foreign key because of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reached {
    table: Oid,
    /// The role whose rights its BEFORE triggers have. A foreign key acts as the owner of the table that has it, on partitions
    /// as well.
    role: Oid,
    events: u32,
}

/// Fails (55000) if code of another role could run with the rights of the table's owner, or of a superuser, when the table is
/// written: a trigger of it, or one of a table that refers to it and that a foreign key then changes. All these tables are
/// locked for writing until the transaction ends.
///
/// A foreign key's BEFORE triggers have the rights of the owner of the table that has it. If that is yet another role, they are
/// that role's own responsibility, as with any DELETE. But AFTER triggers wait until the statement ends, and then have the
/// rights of whoever runs it.
pub fn refuse(table: Oid, writing: Writing) -> Result<(), Failure> {
    let written_by = catalog::relation_owner(table);
    let (events, columns) = match writing {
        Writing::Insertion => (INSERT, None),
        Writing::Update(columns) => (UPDATE, Some(columns)),
        Writing::Deletion => (DELETE, None),
        Writing::Anything => (INSERT | UPDATE | DELETE, None),
    };
    let is_trusted = |role: Oid| role == written_by || catalog::is_superuser(role);
    let mut all = vec![Reached { table, role: written_by, events }];
    let mut next = 0;
    while let Some(&Reached { table, role, events }) = all.get(next) {
        let owner = catalog::relation_owner(table);
        let (triggers, has_rules) = Trigger::of_table(table);
        if next > 0 {
            if !is_trusted(owner) && (writing == Writing::Anything || (is_trusted(role) && owner != role)) {
                return Err(foreign("a constraint or trigger", table));
            }
            // What a rule does fires its AFTER triggers when the statement ends.
            if has_rules {
                return Err(foreign("a rule", table));
            }
        }
        // A trigger of the application may set any column.
        let sets_any = |trigger: &Trigger| {
            trigger.is_before && trigger.events & UPDATE != 0 && !trigger.is_internal && !trigger.is_ours()
        };
        let columns = columns.filter(|_| next == 0 && !triggers.iter().any(sets_any));
        for trigger in triggers {
            // To check that nothing refers to a row, PostgreSQL evaluates expressions of the table that refers to it.
            if writing == Writing::Anything
                && trigger.is_referred_to()
                && !is_trusted(catalog::relation_owner(trigger.other))
            {
                return Err(foreign("a constraint or trigger", trigger.other));
            }
            if let Some((referring, constraint, events)) = trigger.cascade(events) {
                if columns.is_none_or(|columns| refers_to(referring, constraint, table, columns)) {
                    reach(&mut all, referring, events);
                }
            } else if trigger.events & events != 0 && !trigger.is_disabled {
                // What is done before a row is written to another role's table is done as that role. AFTER triggers there could
                // reach its types and other tables, even if their functions are a superuser's.
                let is_foreign = match (is_trusted(owner), trigger.is_before) {
                    (false, true) => false,
                    (false, false) => trigger.is_late() && !trigger.is_ours(),
                    (true, is_before) => trigger.is_foreign(if is_before { role } else { written_by }, table),
                };
                if is_foreign {
                    return Err(foreign(&format!("trigger {}", trigger.name), table));
                }
            }
        }
        next += 1;
    }
    Ok(())
}

/// Whether a foreign key refers to one of these columns.
fn refers_to(referring: Oid, constraint: Oid, table: Oid, columns: &[&CStr]) -> bool {
    catalog::foreign_key(referring, constraint, |key| key.confkey).is_none_or(|referenced| {
        // SAFETY: names are terminated strings.
        columns.iter().any(|column| referenced.contains(&unsafe { pg_sys::get_attnum(table, column.as_ptr()) }))
    })
}

/// Adds a table that a foreign key changes, with its partitions.
fn reach(all: &mut Vec<Reached>, referring: Oid, events: u32) {
    let tables = transaction::lock_with_partitions(referring);
    let role = catalog::relation_owner(referring);
    // A row that is updated may move to another partition.
    let events = if tables.len() > 1 && events == UPDATE { INSERT | UPDATE | DELETE } else { events };
    for table in tables {
        if !all.iter().any(|other| other.table == table && other.role == role && other.events & events == events) {
            all.push(Reached { table, role, events });
        }
    }
}

fn foreign(what: &str, table: Oid) -> Failure {
    let message = format!("{what} of table {} could run code of another role", catalog::relation_name(table));
    Failure::new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).hint(
        c"The owner's rights are for code of the extension, of its owner and of superusers. See \"Triggers of your own\" in \
          docs/security.md.",
    )
}

/// What we need to know about a trigger.
struct Trigger {
    oid: Oid,
    name: String,
    function: Oid,
    /// The events that it fires for.
    events: u32,
    is_before: bool,
    /// Its WHEN, as the catalog has it.
    condition: Option<CString>,
    has_arguments: bool,
    is_disabled: bool,
    is_internal: bool,
    /// The other table of a foreign key that it enforces, and the key.
    other: Oid,
    constraint: Oid,
    /// The index of a deferrable constraint that it enforces.
    index: Oid,
}

impl Trigger {
    /// The triggers of a table, and whether it has rewrite rules. It is locked for writing, so that no other session creates,
    /// alters or drops one until the transaction ends.
    fn of_table(table: Oid) -> (Vec<Self>, bool) {
        // SAFETY: the description is part of the relation cache's entry, and can vanish whenever a catalog is looked at, although the
        // relation is open. So everything is copied first. Names and conditions are terminated strings.
        unsafe {
            let relation = pg_sys::relation_open(table, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
            let triggers = (*relation).trigdesc;
            let count = if triggers.is_null() { 0 } else { (*triggers).numtriggers as usize };
            let read = |trigger: &pg_sys::Trigger| {
                let kind = trigger.tgtype as u32;
                Self {
                    oid: trigger.tgoid,
                    name: CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned(),
                    function: trigger.tgfoid,
                    events: kind & (INSERT | DELETE | UPDATE),
                    is_before: kind & pg_sys::TRIGGER_TYPE_BEFORE != 0,
                    condition: (!trigger.tgqual.is_null()).then(|| CStr::from_ptr(trigger.tgqual).to_owned()),
                    has_arguments: trigger.tgnargs > 0,
                    is_disabled: trigger.tgenabled as u8 == pg_sys::TRIGGER_DISABLED,
                    is_internal: trigger.tgisinternal,
                    other: trigger.tgconstrrelid,
                    constraint: trigger.tgconstraint,
                    index: trigger.tgconstrindid,
                }
            };
            let list = (0..count).map(|i| read(&*(*triggers).triggers.add(i))).collect();
            let has_rules = !(*relation).rd_rules.is_null();
            pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
            (list, has_rules)
        }
    }

    /// If it changes rows of a table that refers to this one when one of these events happens: that table, its key, and what
    /// happens to it.
    fn cascade(&self, events: u32) -> Option<(Oid, Oid, u32)> {
        if !self.is_internal {
            return None;
        }
        let then = match self.function.to_u32() {
            pg_sys::F_RI_FKEY_CASCADE_DEL if events & DELETE != 0 => DELETE,
            pg_sys::F_RI_FKEY_SETNULL_DEL | pg_sys::F_RI_FKEY_SETDEFAULT_DEL if events & DELETE != 0 => UPDATE,
            pg_sys::F_RI_FKEY_CASCADE_UPD | pg_sys::F_RI_FKEY_SETNULL_UPD | pg_sys::F_RI_FKEY_SETDEFAULT_UPD
                if events & UPDATE != 0 =>
            {
                UPDATE
            }
            _ => return None,
        };
        Some((self.other, self.constraint, then))
    }

    /// Whether it enforces a foreign key, on the table that the key refers to.
    fn is_referred_to(&self) -> bool {
        // SAFETY: compares the OID with those of PostgreSQL's functions.
        self.is_internal && unsafe { pg_sys::RI_FKey_trigger_type(self.function) } as u32 == pg_sys::RI_TRIGGER_PK
    }

    /// Whether it is one of an application, or checks a deferrable unique or exclusion constraint once more, with expressions or
    /// operators that are not PostgreSQL's. PostgreSQL's own triggers for foreign keys are neither.
    fn is_late(&self) -> bool {
        !self.is_internal
            || (self.function.to_u32() == pg_sys::F_UNIQUE_KEY_RECHECK && !catalog::is_plain_index(self.index))
    }

    /// Whether its function belongs to an extension of ours. A function in C is what a superuser made, even if the extension's
    /// owner is none any more.
    fn is_ours(&self) -> bool {
        Extension::of(pg_sys::ProcedureRelationId, self.function)
            .is_some_and(|extension| extension.is_trusted() || (catalog::is_in_c(self.function) && !self.has_arguments))
    }

    /// Whether it could run code of another role with the rights of `role`. A SECURITY DEFINER function is not safer, because
    /// its owner can change that before the trigger fires.
    ///
    /// Arguments can be names of tables, or SQL, that a function of a superuser uses. They come from whoever made the trigger.
    /// The guard keeps all but owner and superusers from making one on a table of ours.
    fn is_foreign(&self, role: Oid, table: Oid) -> bool {
        if self.is_internal {
            return false;
        }
        let function_owner = catalog::function_owner(self.function);
        let is_ours = self.is_ours();
        let is_trusted = is_ours || function_owner == role || catalog::is_superuser(function_owner);
        let has_foreign_arguments = self.has_arguments
            && !is_ours
            && self.function.to_u32() >= pg_sys::FirstNormalObjectId
            && !Extension::of_relation(table).is_some_and(Extension::is_trusted);
        !is_trusted || has_foreign_arguments || self.has_foreign_condition()
    }

    /// Whether its WHEN calls anything except immutable built-in functions. Those are harmless, whoever made the trigger: no
    /// catalog says who did, and the privilege TRIGGER is enough to make one. PostgreSQL records every other object that a
    /// condition needs as a dependency of the trigger.
    fn has_foreign_condition(&self) -> bool {
        let Some(condition) = &self.condition else { return false };
        // SAFETY: a WHEN is the text of an expression.
        if unsafe { pg_sys::contain_mutable_functions(pg_sys::stringToNode(condition.as_ptr()).cast()) } {
            return true;
        }
        let harmless = [pg_sys::RelationRelationId, pg_sys::ExtensionRelationId, pg_sys::TriggerRelationId];
        catalog::dependencies(pg_sys::TriggerRelationId, self.oid).iter().any(|needed| match needed.class {
            pg_sys::ProcedureRelationId => needed.object != self.function,
            class => !harmless.contains(&class),
        })
    }
}
