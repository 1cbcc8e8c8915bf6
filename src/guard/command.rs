//! Commands judged by their text, before they run: those whose effect the hook cannot tell from a harmless one, and those
//! whose effect dumps will not carry. Only on tables that the caller owns: PostgreSQL refuses the others itself.

use super::{
    Constraint, Kind, belongs, columns, is_member, is_owner, is_part, is_table, member, name_of, part, text, whole,
};
use crate::error::Failure;
use crate::ffi;
use pgrx::pg_sys::AlterTableType::*;
use pgrx::pg_sys::NodeTag::*;
use pgrx::pg_sys::ObjectType::{
    OBJECT_INDEX, OBJECT_SEQUENCE, OBJECT_TABCONSTRAINT, OBJECT_TABLE, OBJECT_TRIGGER, OBJECT_VIEW,
};
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::{InvalidOid, Oid};
use pgrx::{PgList, PgLogLevel, PgSqlErrorCode, ereport, pg_sys};
use std::ffi::{c_char, c_int};

/// Refuses a command (2BP01), or warns of what it makes.
///
/// # Safety
/// `command` is a parse tree, and stays one while it is judged.
pub unsafe fn judge(command: *mut pg_sys::Node) -> Result<(), Failure> {
    // SAFETY: the tag tells the node's type; the fields are what the parser puts there.
    unsafe {
        match (*command).type_ {
            T_AlterTableStmt => alter_table(&*command.cast()),
            T_RenameStmt => rename(&*command.cast()),
            T_DropStmt => drop_parts(&*command.cast()),
            T_AlterSeqStmt => alter_sequence(&*command.cast()),
            T_AlterObjectDependsStmt => {
                let command = &*command.cast::<pg_sys::AlterObjectDependsStmt>();
                depends(command.objectType, command.relation, command.object)
            }
            T_IndexStmt => {
                let command = &*command.cast::<pg_sys::IndexStmt>();
                warn_of("index", command.idxname, command.relation)
            }
            // One of a foreign table begins with that of a table.
            T_CreateStmt | T_CreateForeignTableStmt => {
                let parents = PgList::<pg_sys::RangeVar>::from_pg((*command.cast::<pg_sys::CreateStmt>()).inhRelations);
                let named = parents.iter_ptr().find_map(|parent| table_named(parent));
                named.map_or(Ok(()), |table| Err(whole("inherit from", table)))
            }
            T_CreateTrigStmt => create_trigger(&*command.cast()),
            T_CreatePolicyStmt => {
                let command = &*command.cast::<pg_sys::CreatePolicyStmt>();
                warn_of("policy", command.policy_name, command.table)
            }
            T_RuleStmt => {
                let command = &*command.cast::<pg_sys::RuleStmt>();
                warn_of("rule", command.rulename, command.relation)
            }
            T_CreateStatsStmt => {
                let command = &*command.cast::<pg_sys::CreateStatsStmt>();
                let relations = PgList::<pg_sys::RangeVar>::from_pg(command.relations);
                let named = relations.iter_ptr().find(|&relation| (*relation).type_ == T_RangeVar);
                named.map_or(Ok(()), |relation| warn_of("statistics", std::ptr::null(), relation))
            }
            _ => Ok(()),
        }
    }
}

/// # Safety
/// As for [`judge`].
unsafe fn alter_table(command: &pg_sys::AlterTableStmt) -> Result<(), Failure> {
    // SAFETY: the caller's promise; cmds is a list of AlterTableCmd.
    unsafe {
        let table = table_named(command.relation);
        let mut has_warned = false;
        for action in PgList::<pg_sys::AlterTableCmd>::from_pg(command.cmds).iter_ptr() {
            if (*action).subtype == AT_AttachPartition {
                // The other way round, the table is the one that is attached.
                let partition = (*(*action).def.cast::<pg_sys::PartitionCmd>()).name;
                table_named(partition).map_or(Ok(()), |table| Err(whole("attach", table)))?;
            }
            if (*action).subtype == AT_AddInherit {
                table_named((*action).def.cast()).map_or(Ok(()), |table| Err(whole("inherit from", table)))?;
            }
            if (*action).subtype == AT_SetUnLogged && member(relation_named(command.relation)) == Some(Kind::Sequence) {
                return Err(whole("change", relation_named(command.relation)));
            }
            let Some(table) = table else { continue };
            let name = text((*action).name);
            #[allow(non_upper_case_globals)]
            match (*action).subtype {
                AT_ColumnDefault | AT_AddIdentity | AT_SetIdentity | AT_DropIdentity | AT_DropExpression => {
                    return Err(columns(table));
                }
                AT_SetNotNull if !is_not_null(table, (*action).name) => return Err(columns(table)),
                AT_DropNotNull if is_not_null(table, (*action).name) => return Err(columns(table)),
                AT_DropConstraint if is_part(&name) || is_not_null_constraint(table, (*action).name) => {
                    return Err(part("constraint", &name));
                }
                AT_AddConstraint => {
                    let constraint = &*(*action).def.cast::<pg_sys::Constraint>();
                    // As 18 can add it.
                    if constraint.contype == pg_sys::ConstrType::CONSTR_NOTNULL {
                        return Err(columns(table));
                    }
                    if is_part(&text(constraint.indexname)) {
                        return Err(part("index", &text(constraint.indexname)));
                    }
                    has_warned = warn_of_change(table, has_warned);
                }
                AT_AlterConstraint | AT_AddInherit | AT_AddOf | AT_SetUnLogged => return Err(whole("change", table)),
                AT_SetAccessMethod => return Err(whole("change", table)),
                // What the hook judges, what says nothing of the schema, and what takes away an application's own.
                AT_AddColumn
                | AT_DropColumn
                | AT_AlterColumnType
                | AT_SetNotNull
                | AT_DropNotNull
                | AT_DropConstraint
                | AT_ChangeOwner
                | AT_EnableTrig
                | AT_EnableAlwaysTrig
                | AT_EnableReplicaTrig
                | AT_DisableTrig
                | AT_EnableTrigAll
                | AT_DisableTrigAll
                | AT_EnableTrigUser
                | AT_DisableTrigUser
                | AT_ValidateConstraint
                | AT_SetStatistics
                | AT_ClusterOn
                | AT_DropCluster
                | AT_SetTableSpace
                | AT_SetLogged
                | AT_DropInherit
                | AT_DropOf
                | AT_DisableRowSecurity
                | AT_NoForceRowSecurity => {}
                _ => has_warned = warn_of_change(table, has_warned),
            }
        }
        Ok(())
    }
}

/// Constraints and triggers; relations and columns are the hook's.
///
/// # Safety
/// As for [`judge`].
unsafe fn rename(command: &pg_sys::RenameStmt) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    unsafe {
        #[allow(non_upper_case_globals)]
        let kind = match command.renameType {
            OBJECT_TABCONSTRAINT => "constraint",
            OBJECT_TRIGGER => "trigger",
            _ => return Ok(()),
        };
        let Some(table) = table_named(command.relation) else { return Ok(()) };
        let name = text(command.subname);
        if is_part(&name) || (kind == "constraint" && is_not_null_constraint(table, command.subname)) {
            return Err(part(kind, &name));
        }
        Ok(())
    }
}

/// # Safety
/// As for [`judge`].
unsafe fn drop_parts(command: &pg_sys::DropStmt) -> Result<(), Failure> {
    // SAFETY: the caller's promise; for these types, objects are lists of names, a trigger's own name last.
    unsafe {
        let is_relation = [OBJECT_TABLE, OBJECT_VIEW, OBJECT_SEQUENCE].contains(&command.removeType);
        if !is_relation && command.removeType != OBJECT_INDEX && command.removeType != OBJECT_TRIGGER {
            return Ok(());
        }
        for names in PgList::<pg_sys::List>::from_pg(command.objects).iter_ptr() {
            if is_relation {
                // PostgreSQL would refuse it as well, and advise to drop the extension instead.
                let relation = relation_named(pg_sys::makeRangeVarFromNameList(names));
                if is_member(relation) && is_owner(relation) {
                    return Err(belongs(relation));
                }
            } else if command.removeType == OBJECT_TRIGGER {
                let of_table = (*names).length - 1;
                let trigger = pg_sys::makeRangeVarFromNameList(pg_sys::list_copy_tail(names, of_table));
                let names = pg_sys::list_truncate(pg_sys::list_copy(names), of_table);
                let trigger = text((*trigger).relname);
                if is_part(&trigger) && table_named(pg_sys::makeRangeVarFromNameList(names)).is_some() {
                    return Err(part("trigger", &trigger));
                }
            } else if let Some(index) = part_index(relation_named(pg_sys::makeRangeVarFromNameList(names))) {
                return Err(part("index", &index));
            }
        }
        Ok(())
    }
}

/// The sequence of task ids may RESTART, and no more.
///
/// # Safety
/// As for [`judge`].
unsafe fn alter_sequence(command: &pg_sys::AlterSeqStmt) -> Result<(), Failure> {
    // SAFETY: the caller's promise; options is a list of DefElem.
    unsafe {
        let options = PgList::<pg_sys::DefElem>::from_pg(command.options);
        if options.iter_ptr().all(|option| text((*option).defname) == "restart") {
            return Ok(());
        }
        let sequence = relation_named(command.sequence);
        if member(sequence).is_some() { Err(whole("change", sequence)) } else { Ok(()) }
    }
}

/// ALTER INDEX or TRIGGER ... DEPENDS ON EXTENSION: it would go with that.
///
/// # Safety
/// As for [`judge`].
unsafe fn depends(
    kind: pg_sys::ObjectType::Type,
    relation: *const pg_sys::RangeVar,
    name: *mut pg_sys::Node,
) -> Result<(), Failure> {
    // SAFETY: the caller's promise; a trigger's own name is a list of one.
    unsafe {
        if kind == OBJECT_INDEX
            && let Some(index) = part_index(relation_named(relation))
        {
            return Err(part("index", &index));
        }
        if kind == OBJECT_TRIGGER && table_named(relation).is_some() {
            let trigger = text((*pg_sys::makeRangeVarFromNameList(name.cast())).relname);
            return if is_part(&trigger) { Err(part("trigger", &trigger)) } else { Ok(()) };
        }
        Ok(())
    }
}

/// Not by the owner alone: the privilege TRIGGER is enough.
///
/// # Safety
/// As for [`judge`].
unsafe fn create_trigger(command: &pg_sys::CreateTrigStmt) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    unsafe {
        if command.replace && is_part(&text(command.trigname)) && is_table(relation_named(command.relation)) {
            return Err(part("trigger", &text(command.trigname)));
        }
        warn_of("trigger", command.trigname, command.relation)
    }
}

/// Warns of a part that the application adds, unless it puts back one of the extension's.
///
/// # Safety
/// `name` is NULL or a terminated string, `relation` comes from a parse tree.
unsafe fn warn_of(kind: &str, name: *const c_char, relation: *const pg_sys::RangeVar) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    let (table, name) = unsafe { (relation_named(relation), text(name)) };
    if is_table(table) && !is_part(&name) {
        warning(&format!("this {kind} on table {}", name_of(table)));
    }
    Ok(())
}

/// Warns once a command; true.
fn warn_of_change(table: Oid, has_warned: bool) -> bool {
    if !has_warned {
        warning(&format!("this change of table {}", name_of(table)));
    }
    true
}

fn warning(what: &str) {
    ereport!(
        PgLogLevel::WARNING,
        PgSqlErrorCode::ERRCODE_WARNING,
        format!("{what} will not be in dumps"),
        "The table belongs to an extension, which a restore creates anew: make the change again after a restore."
    );
}

/// Which of the extension's tables a command names, if the caller owns it.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn table_named(relation: *const pg_sys::RangeVar) -> Option<Oid> {
    // SAFETY: the caller's promise.
    let table = unsafe { relation_named(relation) };
    (is_table(table) && is_owner(table)).then_some(table)
}

/// The name of an index that the extension made, if it is one. (Its schema's owner may drop it, too.)
fn part_index(index: Oid) -> Option<String> {
    let name = name_of(index);
    // SAFETY: catalog look-ups, which take any OID.
    let (table, schema) = unsafe { (pg_sys::IndexGetRelation(index, true), pg_sys::get_rel_namespace(index)) };
    (is_part(&name) && is_table(table) && (is_owner(index) || is_schema_owner(schema))).then_some(name)
}

fn is_schema_owner(schema: Oid) -> bool {
    // SAFETY: catalog look-ups of a schema that is there.
    unsafe {
        #[cfg(feature = "pg15")]
        return pg_sys::pg_namespace_ownercheck(schema, pg_sys::GetUserId());
        #[cfg(not(feature = "pg15"))]
        return pg_sys::object_ownercheck(pg_sys::NamespaceRelationId, schema, pg_sys::GetUserId());
    }
}

/// The relation that a command names, if it is there. Not locked: the command itself will do that.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn relation_named(relation: *const pg_sys::RangeVar) -> Oid {
    if relation.is_null() {
        return InvalidOid;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (no_lock, if_exists) = (pg_sys::NoLock as c_int, pg_sys::RVROption::RVR_MISSING_OK);
        pg_sys::RangeVarGetRelidExtended(relation, no_lock, if_exists, None, std::ptr::null_mut())
    }
}

/// Whether a column is NOT NULL now; false for none.
///
/// # Safety
/// `column` is a terminated string.
unsafe fn is_not_null(table: Oid, column: *const c_char) -> bool {
    // SAFETY: the caller's promise; the row is released once it has been read.
    unsafe {
        let tuple = pg_sys::SearchSysCacheAttName(table, column);
        if tuple.is_null() {
            return false;
        }
        let not_null = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_attribute>()).attnotnull;
        pg_sys::ReleaseSysCache(tuple);
        not_null
    }
}

/// Whether this is the name of a NOT NULL, which is a constraint from 18 on.
///
/// # Safety
/// `name` is a terminated string.
unsafe fn is_not_null_constraint(table: Oid, name: *const c_char) -> bool {
    // SAFETY: the caller's promise. The boundary turns an ERROR into an unwinding, as pgrx does for the functions it
    // binds.
    let constraint = unsafe { pg_guard_ffi_boundary(|| ffi::get_relation_constraint_oid(table, name, true)) };
    Constraint::by_oid(constraint).is_some_and(|constraint| constraint.kind == b'n')
}
