//! The guard of both tables. They are members of the extension, which has two sides: what drops the extension drops
//! every user, and what an application changes on them is not in a dump, which then cannot be restored.
//!
//! The event trigger `todo_guard` fires before each command that could do either. It judges commands that name one of
//! the tables or a part of it. Dropping the tables may come about in many ways (of the extension, of its schema, of
//! an owner, of something that it needs), and a session that drops its event trigger does not fire it any more: that
//! is for the object access hook, which the event trigger, by being called, has had installed.

use crate::boundary::scalar_function;
use crate::error::{Failure, Report};
use crate::settings;
use pgrx::pg_sys::AlterTableType::*;
use pgrx::pg_sys::NodeTag::*;
use pgrx::pg_sys::submodules::panic::pgrx_extern_c_guard;
use pgrx::{PgList, PgLogLevel, PgSqlErrorCode, ereport, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};

/// What the extension made on its tables, besides columns: index, constraint and trigger have names of their own kind.
const PARTS: [(&str, &[&str]); 2] = [
    (
        "users",
        &[
            "users_pkey",
            "users_id_check",
            "users_email_check",
            "users_name_check",
            "users_hashed_password_check",
            "ix_users_email",
            "ix_users_email_folded",
            "zz_todo_before_row",
        ],
    ),
    (
        "tasks",
        &[
            "tasks_pkey",
            "tasks_user_id_fkey",
            "tasks_title_check",
            "tasks_description_check",
            "ix_tasks_user_id",
            "ix_tasks_user_completed",
            "ix_tasks_created_at",
            "zz_todo_before_row",
        ],
    ),
];

const LIFT: &CStr = c"A superuser can lift the guard for the session: SET todo.guard = off.";
const KEEP_ROWS: &CStr = c"To leave the extension and keep all rows, call todo_release_tables() first. \
    A superuser can lift the guard for the session: SET todo.guard = off.";
const OWN_COLUMNS: &CStr = c"Put columns of your own into a table that references users(id): a dump of the extension's \
    tables with other columns cannot be restored. A superuser can lift the guard for the session: SET todo.guard = off.";

scalar_function! {
    /// `todo_internal.guard()`, the event trigger on `ddl_command_start`
    fn todo_guard(call) {
        let command = call.command()?;
        if !is_lifted() {
            // SAFETY: the parse tree of the command that is about to run.
            unsafe { judge(command)? };
        }
        Ok(None)
    }
}

/// Whether nothing is refused: by the setting, in scripts of extensions, and in pg_upgrade.
fn is_lifted() -> bool {
    // SAFETY: both variables are read by the backend's one thread.
    !settings::guard() || unsafe { pg_sys::creating_extension || pg_sys::IsBinaryUpgrade }
}

/// Refuses a command (2BP01), or warns of what it makes.
///
/// # Safety
/// `command` is a parse tree, and stays one while it is judged.
unsafe fn judge(command: *mut pg_sys::Node) -> Result<(), Failure> {
    // SAFETY: the tag tells the node's type; the fields are what the parser puts there.
    unsafe {
        match (*command).type_ {
            T_AlterTableStmt => alter_table(&*command.cast()),
            T_RenameStmt => rename(&*command.cast()),
            T_AlterObjectSchemaStmt => {
                let command = &*command.cast::<pg_sys::AlterObjectSchemaStmt>();
                let Some(table) = table_named(command.relation) else { return Ok(()) };
                Err(refusal(format!("cannot move table {table}, which belongs to extension todo"), LIFT))
            }
            T_DropStmt => drop_parts(&*command.cast()),
            T_IndexStmt => {
                let command = &*command.cast::<pg_sys::IndexStmt>();
                warn_of("index", command.idxname, command.relation)
            }
            T_CreateTrigStmt => {
                let command = &*command.cast::<pg_sys::CreateTrigStmt>();
                warn_of("trigger", command.trigname, command.relation)
            }
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
                let named = relations.iter_ptr().find(|&relation| is_range_var(relation));
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
        let Some(table) = table_named(command.relation) else { return Ok(()) };
        let mut has_warned = false;
        for action in PgList::<pg_sys::AlterTableCmd>::from_pg(command.cmds).iter_ptr() {
            #[allow(non_upper_case_globals)]
            match (*action).subtype {
                AT_AddColumn | AT_DropColumn | AT_AlterColumnType | AT_ColumnDefault | AT_SetNotNull
                | AT_DropNotNull | AT_AddIdentity | AT_SetIdentity | AT_DropIdentity | AT_DropExpression => {
                    return Err(columns(table));
                }
                AT_DropConstraint => refuse_part(table, "constraint", &text((*action).name))?,
                AT_AlterConstraint => {
                    return Err(refusal(
                        format!("cannot alter a foreign key of table {table}, which belongs to extension todo"),
                        LIFT,
                    ));
                }
                AT_AddInherit => {
                    return Err(refusal(
                        format!("table {table}, which belongs to extension todo, cannot inherit"),
                        LIFT,
                    ));
                }
                // What says nothing of the schema, and what takes away an application's own.
                AT_ChangeOwner
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
                | AT_DisableRowSecurity
                | AT_NoForceRowSecurity => {}
                _ if !has_warned => {
                    warning(format!("this change of table {table} will not be in dumps"));
                    has_warned = true;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// # Safety
/// As for [`judge`].
unsafe fn rename(command: &pg_sys::RenameStmt) -> Result<(), Failure> {
    use pg_sys::ObjectType::*;
    // SAFETY: the caller's promise.
    unsafe {
        if command.relation.is_null() {
            return Ok(());
        }
        if let Some((table, index)) = index_named(command.relation) {
            return refuse_part(table, "index", &index);
        }
        let Some(table) = table_named(command.relation) else { return Ok(()) };
        #[allow(non_upper_case_globals)]
        match command.renameType {
            OBJECT_COLUMN => Err(columns(table)),
            OBJECT_TABLE => Err(refusal(format!("cannot rename table {table}, which belongs to extension todo"), LIFT)),
            OBJECT_TABCONSTRAINT => refuse_part(table, "constraint", &text(command.subname)),
            OBJECT_TRIGGER => refuse_part(table, "trigger", &text(command.subname)),
            _ => Ok(()),
        }
    }
}

/// # Safety
/// As for [`judge`].
unsafe fn drop_parts(command: &pg_sys::DropStmt) -> Result<(), Failure> {
    use pg_sys::ObjectType::*;
    // SAFETY: the caller's promise; for these types, objects are lists of names, a trigger's own name last.
    unsafe {
        #[allow(non_upper_case_globals)]
        match command.removeType {
            OBJECT_TABLE | OBJECT_INDEX | OBJECT_TRIGGER => {}
            _ => return Ok(()),
        }
        for names in PgList::<pg_sys::List>::from_pg(command.objects).iter_ptr() {
            if command.removeType == OBJECT_TRIGGER {
                let of_table = (*names).length - 1;
                let trigger = pg_sys::makeRangeVarFromNameList(pg_sys::list_copy_tail(names, of_table));
                let names = pg_sys::list_truncate(pg_sys::list_copy(names), of_table);
                if let Some(table) = table_named(pg_sys::makeRangeVarFromNameList(names)) {
                    refuse_part(table, "trigger", &text((*trigger).relname))?;
                }
                continue;
            }
            let relation = pg_sys::makeRangeVarFromNameList(names);
            if let Some((table, index)) = index_named(relation) {
                refuse_part(table, "index", &index)?;
            } else if let Some(table) = table_named(relation) {
                return Err(refusal(format!("cannot drop table {table}, which belongs to extension todo"), KEEP_ROWS));
            }
        }
        Ok(())
    }
}

/// Refuses to drop or rename a part that the extension has made.
fn refuse_part(table: &str, kind: &str, name: &str) -> Result<(), Failure> {
    if is_part(table, name) {
        return Err(refusal(
            format!("cannot drop or rename {kind} {name} of table {table}, which extension todo made"),
            LIFT,
        ));
    }
    Ok(())
}

/// Warns of a part that the application adds, unless it puts back one of the extension's.
///
/// # Safety
/// `name` is NULL or a terminated string, `relation` comes from a parse tree.
unsafe fn warn_of(kind: &str, name: *const c_char, relation: *const pg_sys::RangeVar) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    let (table, name) = unsafe { (table_named(relation), text(name)) };
    if let Some(table) = table.filter(|table| !is_part(table, &name)) {
        warning(format!("this {kind} on table {table} will not be in dumps"));
    }
    Ok(())
}

fn is_part(table: &str, name: &str) -> bool {
    PARTS.iter().any(|(of, parts)| *of == table && parts.contains(&name))
}

fn columns(table: &str) -> Failure {
    refusal(format!("cannot change the columns of table {table}, which belongs to extension todo"), OWN_COLUMNS)
}

fn refusal(message: String, hint: &'static CStr) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message).hint(hint)
}

fn warning(message: String) {
    ereport!(
        PgLogLevel::WARNING,
        PgSqlErrorCode::ERRCODE_WARNING,
        message,
        "The table belongs to extension todo, which a restore creates anew: make the change again after a restore."
    );
}

/// A name in a parse tree, or nothing for NULL.
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

/// Which table of the extension a command names.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn table_named(relation: *const pg_sys::RangeVar) -> Option<&'static str> {
    // SAFETY: the caller's promise.
    unsafe { table(relation_named(relation)) }
}

/// Which index a command names, with its table, if that is one of the extension's.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn index_named(relation: *const pg_sys::RangeVar) -> Option<(&'static str, String)> {
    // SAFETY: the caller's promise; the rest are catalog look-ups.
    unsafe {
        let index = relation_named(relation);
        let of_table = pg_sys::IndexGetRelation(index, true);
        Some((table(of_table)?, text(pg_sys::get_rel_name(index))))
    }
}

/// The relation that a command names, if it is there. Not locked: the command itself will do that.
///
/// # Safety
/// `relation` is NULL or comes from a parse tree.
unsafe fn relation_named(relation: *const pg_sys::RangeVar) -> pg_sys::Oid {
    if relation.is_null() {
        return pg_sys::InvalidOid;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (no_lock, if_exists) = (pg_sys::NoLock as c_int, pg_sys::RVROption::RVR_MISSING_OK);
        pg_sys::RangeVarGetRelidExtended(relation, no_lock, if_exists, None, std::ptr::null_mut())
    }
}

/// `users` or `tasks`, if that is what the relation is. The name is looked at first, as it is cheap.
fn table(relation: pg_sys::Oid) -> Option<&'static str> {
    // SAFETY: catalog look-ups, which take any OID.
    unsafe {
        let name = text(pg_sys::get_rel_name(relation));
        let table = ["users", "tasks"].into_iter().find(|&table| table == name)?;
        let extension = pg_sys::get_extension_oid(c"todo".as_ptr(), true);
        let owner = pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, relation);
        (extension != pg_sys::InvalidOid && owner == extension).then_some(table)
    }
}

thread_local! {
    // A backend has one thread; this is how Rust spells a static that it need not share.
    static NEXT_HOOK: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// Puts the object access hook in place; called once, when the library is loaded.
pub fn install() {
    // SAFETY: the variable is the backend's one thread's.
    unsafe {
        NEXT_HOOK.set(pg_sys::object_access_hook);
        pg_sys::object_access_hook = Some(on_object_access);
    }
}

unsafe extern "C-unwind" fn on_object_access(
    access: pg_sys::ObjectAccessType::Type,
    class: pg_sys::Oid,
    object: pg_sys::Oid,
    column: c_int,
    argument: *mut c_void,
) {
    use pg_sys::ObjectAccessType::OAT_DROP;
    // SAFETY: called by PostgreSQL, where an ERROR may be raised: this frame holds plain values only.
    unsafe {
        if access == OAT_DROP && class == pg_sys::RelationRelationId && column == 0 {
            let refused: Option<Report> = pgrx_extern_c_guard(|| refuse_loss(object));
            if let Some(report) = refused {
                report.raise();
            }
        }
        if let Some(next) = NEXT_HOOK.get() {
            next(access, class, object, column, argument);
        }
    }
}

/// Refuses that a table is dropped while there is a user. The command has locked both tables by now.
fn refuse_loss(relation: pg_sys::Oid) -> Option<Report> {
    let table = table(relation).filter(|_| !is_lifted())?;
    // SAFETY: catalog look-ups.
    let users = unsafe { pg_sys::get_relname_relid(c"users".as_ptr(), pg_sys::get_rel_namespace(relation)) };
    // SAFETY: there is a table `users` wherever the extension's tables are.
    let has_users = unsafe { has_rows(users) };
    has_users.then(|| {
        refusal(format!("cannot drop table {table} of extension todo while there are users"), KEEP_ROWS)
            .into_report(pg_sys::InvalidOid)
    })
}

/// Whether a table has a row now, also one that was committed after the transaction's snapshot.
///
/// # Safety
/// `table` is a table.
unsafe fn has_rows(table: pg_sys::Oid) -> bool {
    // SAFETY: a scan as the server's own code does it, ended in order; an ERROR releases all of it.
    unsafe {
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let relation = pg_sys::table_open(table, lock);
        let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
        let scan = pg_sys::systable_beginscan(relation, pg_sys::InvalidOid, false, snapshot, 0, std::ptr::null_mut());
        let has_row = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
        pg_sys::table_close(relation, lock);
        has_row
    }
}

/// # Safety
/// `node` is a node of a parse tree.
unsafe fn is_range_var(node: *mut pg_sys::RangeVar) -> bool {
    // SAFETY: every node begins with its tag.
    unsafe { (*node).type_ == T_RangeVar }
}
