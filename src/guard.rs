//! The guard of the tables of this extension and its companions. As members, they have two sides: what drops the
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

use crate::boundary::scalar_function;
use crate::catalog::{relation_name as name_of, relation_named, text};
use crate::error::Failure;
use crate::membership::Extension;
use crate::settings;
use pgrx::{FromDatum, PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, c_int};

pub use hook::install;

/// What they made on their tables, besides columns.
const PARTS: [&str; 34] = [
    "users_pkey",
    "users_id_check",
    "users_email_check",
    "users_name_check",
    "users_hashed_password_check",
    "ix_users_email",
    "ix_users_email_folded",
    "tasks_pkey",
    "tasks_user_id_fkey",
    "tasks_title_check",
    "tasks_description_check",
    "ix_tasks_user_id",
    "ix_tasks_user_completed",
    "ix_tasks_created_at",
    "zz_todo_before_row",
    // todo_auth's
    "todo_auth_deactivated",
    "todo_auth_password_written",
    "user_data_pkey",
    "user_data_user_id_fkey",
    "user_data_password_hash_check",
    "session_pkey",
    "session_token_key",
    "session_userId_fkey",
    "session_userId_idx",
    "session_before_write",
    "linked_account_pkey",
    "linked_account_providerId_accountId_key",
    "linked_account_providerId_check",
    "linked_account_userId_fkey",
    "linked_account_userId_idx",
    "verification_pkey",
    "verification_identifier_idx",
    "rateLimit_pkey",
    "rateLimit_key_key",
];

const LIFT: &CStr = c"A superuser can lift the guard for the session: SET todo.guard = off.";
const KEEP_ROWS: &CStr = c"To keep all rows, take the tables out of the extension first: todo_release_tables(), or before \
    version 1.0.0 ALTER EXTENSION todo DROP TABLE. A superuser can lift the guard for the session: SET todo.guard = off.";
const NOT_TO_BE_COMPARED: &CStr =
    c"If a tool makes tables like its models, leave the extension's tables, view and sequence out of what \
    it compares, or run migrations instead. Tables of your own may reference users(id) and tasks(id).";
const OWN_COLUMNS: &CStr = c"Put columns of your own into a table that references users(id): a dump of the extension's \
    tables with other columns cannot be restored. A superuser can lift the guard for the session: SET todo.guard = off.";

scalar_function! {
    /// `todo_internal.guard()`, the event trigger on `ddl_command_start`
    fn todo_guard(call) {
        let command = call.command()?;
        if !is_lifted() {
            // SAFETY: the parse tree of the command that is about to run.
            unsafe { command::judge(command)? };
        }
        Ok(None)
    }
}

/// Whether nothing is refused: by the setting, in the extension's own scripts, and in pg_upgrade.
fn is_lifted() -> bool {
    // SAFETY: the variables are read by the backend's one thread.
    unsafe {
        !settings::guard()
            || pg_sys::IsBinaryUpgrade
            || (pg_sys::creating_extension && Extension::by_oid(pg_sys::CurrentExtensionObject).is_some())
    }
}

/// The kind of a relation that belongs to an extension.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Sequence,
}

/// Whether the relation is a guarded table or sequence: by membership, whatever its name is.
fn member(relation: pg_sys::Oid) -> Option<Kind> {
    // SAFETY: a catalog look-up, which takes any OID.
    let kind = match unsafe { pg_sys::get_rel_relkind(relation) } as u8 {
        pg_sys::RELKIND_RELATION => Kind::Table,
        pg_sys::RELKIND_SEQUENCE => Kind::Sequence,
        _ => return None,
    };
    is_member(relation).then_some(kind)
}

/// pg_constraint, which pgrx leaves out of its bindings: its OID, and the numbers of some of its columns.
const CONSTRAINT_RELATION_ID: pg_sys::Oid = pg_sys::Oid::from_u32(2606);
const ANUM_CONNAME: c_int = 2;
const ANUM_CONTYPE: c_int = 4;
const ANUM_CONRELID: c_int = if cfg!(feature = "pg18") { 9 } else { 8 };
const ANUM_CONKEY: c_int = if cfg!(feature = "pg18") { 21 } else { 19 };

/// A constraint, of a table or (with InvalidOid) of a domain.
struct Constraint {
    name: String,
    kind: u8,
    table: pg_sys::Oid,
    /// The numbers of the table's columns that it is on.
    columns: Vec<i16>,
}

impl Constraint {
    fn by_oid(oid: pg_sys::Oid) -> Option<Self> {
        // SAFETY: these columns are a name, a char, an oid and an array, of which the last alone may be NULL; the row is
        // released once it has been read.
        unsafe {
            let cache = pg_sys::SysCacheIdentifier::CONSTROID as c_int;
            let row = pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(oid));
            if row.is_null() {
                return None;
            }
            let nullable = |number: c_int| {
                let mut is_null = false;
                let value = pg_sys::SysCacheGetAttr(cache, row, number as pg_sys::AttrNumber, &raw mut is_null);
                (value, is_null)
            };
            let column = |number: c_int| nullable(number).0;
            let (columns, has_none) = nullable(ANUM_CONKEY);
            let constraint = Self {
                name: text(column(ANUM_CONNAME).cast_mut_ptr()),
                kind: column(ANUM_CONTYPE).value() as u8,
                table: pg_sys::Oid::from_datum(column(ANUM_CONRELID), false).unwrap_or(pg_sys::InvalidOid),
                columns: Vec::from_datum(columns, has_none).unwrap_or_default(),
            };
            pg_sys::ReleaseSysCache(row);
            Some(constraint)
        }
    }
}

/// Whether the relation belongs to one of these extensions, whatever it is.
pub fn is_member(relation: pg_sys::Oid) -> bool {
    Extension::of_relation(relation).is_some()
}

fn is_table(relation: pg_sys::Oid) -> bool {
    member(relation) == Some(Kind::Table)
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

/// Whether an extension's tables are in this schema, or its helpers.
fn is_home(schema: pg_sys::Oid) -> bool {
    const SIGNS: [&CStr; 4] = [c"users", c"tasks", c"todo_users", c"session"];
    SIGNS.iter().any(|name| is_member(relation_named(name, schema)))
        || Extension::of(pg_sys::NamespaceRelationId, schema).is_some()
}

fn is_part(name: &str) -> bool {
    PARTS.contains(&name)
}

/// A relation and its extension, for messages.
fn described(relation: pg_sys::Oid) -> String {
    let extension = Extension::of_relation(relation).map(Extension::name).unwrap_or_default();
    format!("{} of extension {extension}", name_of(relation))
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
    let hint = if Extension::of_relation(table).is_some_and(Extension::is_todo) { KEEP_ROWS } else { LIFT };
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
