//! The state of the extensions' tables: a list of facts, from `todo_internal.state()`. Only what a command changes is judged,
//! so something that was already wrong blocks no other command.

use super::{columns, kept};
use crate::catalog::text;
use crate::error::Failure;
use crate::role::acting_as;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::{CString, c_int};

/// One fact about the tables.
#[derive(PartialEq, Eq)]
pub struct Fact {
    /// The relation, or the schema, that it is about.
    pub object: Oid,
    /// What it describes, such as a `column` or an `index` of the relation.
    pub kind: String,
    name: String,
    definition: String,
}

thread_local! {
    /// The schema of the guard's own function, and of the one that reads the state.
    pub static SCHEMA: Cell<Oid> = const { Cell::new(pg_sys::InvalidOid) };
}

/// The state before a command, if its `number` in the transaction is given, and the state now. If the command `is_running`, the
/// latter includes what it has just done.
///
/// PostgreSQL numbers the changes that a transaction makes to catalogs, as to other tables, and keeps the rows that were
/// replaced. Changes of other transactions are in both states or in neither.
pub fn read(number: Option<pg_sys::CommandId>, is_running: bool) -> (Vec<Fact>, Vec<Fact>) {
    // SAFETY: snapshots as documented; an ERROR ends them with the (sub)transaction. Those that are changed are copies of our
    // own.
    unsafe {
        pg_sys::PushCopiedSnapshot(pg_sys::GetLatestSnapshot());
        (*pg_sys::GetActiveSnapshot()).curcid += pg_sys::CommandId::from(is_running);
        let now = facts(true);
        let before = number.map_or_else(Vec::new, |number| {
            pg_sys::PushCopiedSnapshot(pg_sys::GetActiveSnapshot());
            (*pg_sys::GetActiveSnapshot()).curcid = number;
            let before = facts(false);
            pg_sys::PopActiveSnapshot();
            before
        });
        pg_sys::PopActiveSnapshot();
        (before, now)
    }
}

/// The facts under the active snapshot; with `parts`, also the names of the parts that an extension makes, see [`is_part`].
///
/// # Safety
/// There is an active snapshot.
unsafe fn facts(parts: bool) -> Vec<Fact> {
    // SAFETY: catalog look-ups; the schema's name is NULL or a terminated string.
    let (schema, owner) = unsafe {
        let schema = pg_sys::get_namespace_name(SCHEMA.get());
        if schema.is_null() {
            return Vec::new();
        }
        (text(pg_sys::quote_identifier(schema)), pg_sys::get_role_oid(c"todo_owner".as_ptr(), true))
    };
    let query = format!("SELECT s.object, s.kind, s.name, s.definition FROM {schema}.state({parts}) AS s");
    let query = CString::new(query).unwrap_or_default();
    // The role that runs the command need not have rights on the function.
    // SAFETY: SPI as documented, connected and finished in order; an ERROR ends it with the (sub)transaction. Read-only, it uses
    // the active snapshot. The function returns four columns, the first of them an OID.
    acting_as(owner, || unsafe {
        pg_sys::SPI_connect();
        let status = pg_sys::SPI_execute(query.as_ptr(), true, 0);
        assert_eq!(status, pg_sys::SPI_OK_SELECT as c_int, "the state of the tables could not be read");
        let (rows, table) = (pg_sys::SPI_processed as usize, pg_sys::SPI_tuptable);
        let column = |row, number| text(pg_sys::SPI_getvalue(*(*table).vals.add(row), (*table).tupdesc, number));
        let fact = |row| Fact {
            object: column(row, 1).parse().map_or(pg_sys::InvalidOid, Oid::from_u32),
            kind: column(row, 2),
            name: column(row, 3),
            definition: column(row, 4),
        };
        let facts = (0..rows).map(fact).collect();
        pg_sys::SPI_finish();
        facts
    })
}

/// Whether an extension makes the constraint, index or trigger of this name for this table.
pub fn is_part(now: &[Fact], table: Oid, name: &str) -> bool {
    now.iter().any(|fact| fact.kind == "part" && fact.object == table && fact.name == name)
}

/// Why a command is refused, if it is.
pub fn refusal(before: &[Fact], now: &[Fact]) -> Option<Failure> {
    let lost = difference(before, now).find(|fact| match fact.kind.as_str() {
        "schema" | "table" | "sequence" | "column" => true,
        "constraint" | "index" | "trigger" | "dependence" => is_part(now, fact.object, &fact.name),
        _ => false,
    });
    let gained = difference(now, before).find(|fact| match fact.kind.as_str() {
        "column" | "inheritance" => true,
        "dependence" => is_part(now, fact.object, &fact.name),
        _ => false,
    });
    let fact = lost.or(gained)?;
    Some(match fact.kind.as_str() {
        "column" => columns(fact.object),
        "inheritance" => kept("table", &fact.name),
        "dependence" => kept("part", &fact.name),
        kind => kept(kind, &fact.name),
    })
}

/// Why a command cannot be judged, if it cannot: a superuser has renamed the function that tells which parts there must be.
pub fn unknown(now: &[Fact]) -> Option<Failure> {
    let is_known = now.iter().any(|fact| fact.kind == "known");
    let message = "function todo_internal.expected() is missing, so the change cannot be judged".to_owned();
    (!is_known).then(|| {
        Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).hint(
            c"Undo what was done to the function or its schema. A superuser can lift the guard for the session: \
              SET todo.guard = off.",
        )
    })
}

/// Something that a command has added, that belongs to the application and that dumps leave out.
pub fn addition<'a>(before: &'a [Fact], now: &'a [Fact]) -> Option<&'a Fact> {
    difference(now, before).find(|fact| match fact.kind.as_str() {
        "constraint" | "index" | "trigger" => !is_part(now, fact.object, &fact.name),
        "policy" | "rule" | "statistics object" | "option" => true,
        _ => false,
    })
}

/// Facts that are in the one state and not in the other, about objects that are in both. Other objects are entirely new or gone.
fn difference<'a>(one: &'a [Fact], other: &'a [Fact]) -> impl Iterator<Item = &'a Fact> {
    one.iter().filter(|fact| !other.contains(fact) && other.iter().any(|f| f.object == fact.object))
}
