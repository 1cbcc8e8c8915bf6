//! The state of the extensions' tables, as a list of facts (`todo_internal.state()`): now, or as it was when a command began.
//! What is wrong already stays the same, and so is in nobody's way.

use super::{columns, part, renamed_schema, text, whole};
use crate::error::Failure;
use crate::owner;
use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};

#[derive(PartialEq, Eq)]
pub struct Fact {
    /// What it is a fact about; a schema, if it is one about a schema.
    pub relation: pg_sys::Oid,
    pub kind: String,
    name: String,
    definition: String,
}

thread_local! {
    /// The schema of the guard's own function, and of the one that reads the state.
    pub static SCHEMA: Cell<pg_sys::Oid> = const { Cell::new(pg_sys::InvalidOid) };
}

/// The state as it is.
pub fn now() -> Vec<Fact> {
    // SAFETY: snapshots as documented; an ERROR ends them with the (sub)transaction.
    unsafe {
        pg_sys::PushCopiedSnapshot(pg_sys::GetLatestSnapshot());
        let now = read(true);
        pg_sys::PopActiveSnapshot();
        now
    }
}

/// The state before a command, by its number in the transaction, and as it is. PostgreSQL numbers what a transaction does to
/// catalogs as it does for other tables, and keeps the rows that it has replaced. What others have committed is in both.
pub fn before_and_now(number: pg_sys::CommandId) -> (Vec<Fact>, Vec<Fact>) {
    // SAFETY: as above; the snapshot that is changed is a copy of our own.
    unsafe {
        pg_sys::PushCopiedSnapshot(pg_sys::GetLatestSnapshot());
        let now = read(true);
        pg_sys::PushCopiedSnapshot(pg_sys::GetActiveSnapshot());
        (*pg_sys::GetActiveSnapshot()).curcid = number;
        let before = read(false);
        pg_sys::PopActiveSnapshot();
        pg_sys::PopActiveSnapshot();
        (before, now)
    }
}

/// The state under the active snapshot, with the names of `parts` as they are now.
///
/// # Safety
/// There is an active snapshot.
unsafe fn read(parts: bool) -> Vec<Fact> {
    // SAFETY: SPI as documented, connected and finished in order; an ERROR ends it with the (sub)transaction. The function
    // returns four columns, none of them NULL.
    unsafe {
        let schema = pg_sys::get_namespace_name(SCHEMA.get());
        if schema.is_null() {
            return Vec::new();
        }
        let schema = CStr::from_ptr(pg_sys::quote_identifier(schema)).to_string_lossy();
        let query = format!("SELECT s.relation, s.kind, s.name, s.definition FROM {schema}.state({parts}) AS s");
        let query = CString::new(query).unwrap_or_default();
        // Whoever runs the command need not have a right on the function.
        let caller = owner::enter(pg_sys::get_role_oid(c"todo_owner".as_ptr(), true));
        pg_sys::SPI_connect();
        // Read-only, it uses the active snapshot.
        let status = pg_sys::SPI_execute(query.as_ptr(), true, 0);
        assert_eq!(status, pg_sys::SPI_OK_SELECT as c_int, "the state of the tables could not be read");
        let (rows, table) = (pg_sys::SPI_processed as usize, pg_sys::SPI_tuptable);
        let facts = (0..rows).map(|i| {
            let column = |n| text(pg_sys::SPI_getvalue(*(*table).vals.add(i), (*table).tupdesc, n));
            let relation = pg_sys::Oid::from(column(1).parse::<u32>().unwrap_or(0));
            Fact { relation, kind: column(2), name: column(3), definition: column(4) }
        });
        let facts = facts.collect();
        pg_sys::SPI_finish();
        owner::leave(caller);
        facts
    }
}

/// Whether an extension has made the constraint, index or trigger of this name.
pub fn is_part(now: &[Fact], name: &str) -> bool {
    now.iter().any(|fact| fact.kind == "part" && fact.name == name)
}

/// Why a command that has made `now` of `before` is refused, if it is. Tables that are not the extensions' any more, or were not
/// yet, are nobody's.
pub fn refusal(before: &[Fact], now: &[Fact]) -> Option<Failure> {
    let is_part = |fact: &&Fact| is_part(now, &fact.name);
    let lost = difference(before, now).find(|fact| match fact.kind.as_str() {
        "schema" | "relation" | "storage" | "sequence" | "column" | "not null" => true,
        "constraint" | "index" | "trigger" => is_part(fact),
        _ => false,
    });
    let gained = || {
        difference(now, before).find(|fact| match fact.kind.as_str() {
            "column" | "inheritance" => true,
            "dependence" => is_part(fact),
            _ => false,
        })
    };
    let fact = lost.or_else(gained)?;
    Some(match fact.kind.as_str() {
        "column" | "not null" => columns(fact.relation),
        "schema" => renamed_schema(&fact.name),
        kind @ ("constraint" | "index" | "trigger") => part(kind, &fact.name),
        "dependence" => part("part", &fact.name),
        _ => whole("change", fact.relation),
    })
}

/// What a command has added that is the application's own, and not in dumps.
pub fn addition<'a>(before: &'a [Fact], now: &'a [Fact]) -> Option<&'a Fact> {
    difference(now, before).find(|fact| match fact.kind.as_str() {
        "constraint" | "index" | "trigger" => !is_part(now, &fact.name),
        "policy" | "rule" | "statistics" | "option" => true,
        _ => false,
    })
}

/// What is in the one state and not in the other, of what both are about.
fn difference<'a>(one: &'a [Fact], other: &'a [Fact]) -> impl Iterator<Item = &'a Fact> {
    one.iter().filter(|fact| !other.contains(fact) && other.iter().any(|f| f.relation == fact.relation))
}
