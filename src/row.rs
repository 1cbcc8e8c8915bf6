//! The row that a BEFORE ROW trigger sees and may change, by the names of its columns and without SQL.

use crate::boundary::raw_text_bytes;
use crate::error::Failure;
use crate::ffi;
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode, PgTupleDesc, pg_sys};
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

/// The call of a BEFORE INSERT OR UPDATE row trigger.
pub struct Trigger<'call> {
    pub new: Row<'call>,
    /// The row as it was, when it is updated.
    pub old: Option<Row<'call>>,
    relation: pg_sys::Relation,
}

impl Trigger<'_> {
    /// 39P01 unless the function was called as a BEFORE ROW trigger for INSERT or UPDATE.
    ///
    /// # Safety
    /// `fcinfo` is that of the running call, which outlives the result.
    pub unsafe fn from_fcinfo(fcinfo: pg_sys::FunctionCallInfo) -> Result<Self, Failure> {
        // SAFETY: the trigger manager passes a TriggerData as context, whose tuples fit its relation and live as long
        // as the call.
        unsafe {
            if !pgrx::called_as_trigger(fcinfo) {
                return Err(not_our_trigger());
            }
            let data = (*fcinfo).context.cast::<pg_sys::TriggerData>();
            let event = (*data).tg_event;
            if !pgrx::trigger_fired_for_row(event) || !pgrx::trigger_fired_before(event) {
                return Err(not_our_trigger());
            }
            let relation = (*data).tg_relation;
            let desc = (*relation).rd_att;
            let (new, old) = if pgrx::trigger_fired_by_update(event) {
                (Row::new((*data).tg_newtuple, desc), Some(Row::new((*data).tg_trigtuple, desc)))
            } else if pgrx::trigger_fired_by_insert(event) {
                (Row::new((*data).tg_trigtuple, desc), None)
            } else {
                return Err(not_our_trigger());
            };
            Ok(Self { new, old, relation })
        }
    }

    /// The schema of the table.
    pub fn namespace(&self) -> pg_sys::Oid {
        // SAFETY: the relation is open while its trigger runs.
        unsafe { (*(*self.relation).rd_rel).relnamespace }
    }

    /// Whether the statement changes the value of this column. Always true for a new row.
    pub fn is_set<K>(&self, column: Position<K>) -> bool {
        self.is_changed_at(column.number)
    }

    /// Whether any column except this one differs from the row as it was. Always true for a new row.
    pub fn is_changed<K>(&self, except: Position<K>) -> bool {
        (0..self.new.values.len()).any(|number| number != except.number && self.is_changed_at(number))
    }

    fn is_changed_at(&self, number: usize) -> bool {
        self.old.as_ref().is_none_or(|old| !self.new.is_same(old, number))
    }

    /// The row to store.
    pub fn into_tuple(self) -> pg_sys::HeapTuple {
        self.new.into_tuple()
    }
}

fn not_our_trigger() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
        "function must be called as a BEFORE INSERT OR UPDATE trigger FOR EACH ROW",
    )
}

/// What kind of values a column has.
pub trait Kind: Copy {
    /// Whether the values of this type are of this kind.
    fn has(type_: pg_sys::Oid) -> bool;
}

/// A kind whose values are read. `Value` must be the Rust side of every type of the kind, so all kinds are in this file.
pub trait Readable: Kind {
    type Value<'call>: FromDatum + IntoDatum;
}

/// Values of any type, which are not read.
#[derive(Clone, Copy)]
pub enum Any {}

impl Kind for Any {
    fn has(_: pg_sys::Oid) -> bool {
        true
    }
}

/// text and varchar.
#[derive(Clone, Copy)]
pub enum Text {}

impl Kind for Text {
    fn has(type_: pg_sys::Oid) -> bool {
        matches!(type_, pg_sys::VARCHAROID | pg_sys::TEXTOID)
    }
}

impl Readable for Text {
    type Value<'call> = &'call str;
}

/// timestamp without time zone, in microseconds since 2000-01-01.
#[derive(Clone, Copy)]
pub enum Time {}

impl Kind for Time {
    fn has(type_: pg_sys::Oid) -> bool {
        type_ == pg_sys::TIMESTAMPOID
    }
}

impl Readable for Time {
    type Value<'call> = i64;
}

/// boolean.
#[derive(Clone, Copy)]
pub enum Flag {}

impl Kind for Flag {
    fn has(type_: pg_sys::Oid) -> bool {
        type_ == pg_sys::BOOLOID
    }
}

impl Readable for Flag {
    type Value<'call> = bool;
}

/// Where a column stands in the rows of a table, counted from 0, and of what kind its values are.
#[derive(Clone, Copy)]
pub struct Position<K> {
    number: usize,
    kind: PhantomData<K>,
}

/// One row of a table, taken apart. Its values live as long as the call.
pub struct Row<'call> {
    tuple: pg_sys::HeapTuple,
    desc: PgTupleDesc<'call>,
    values: Vec<pg_sys::Datum>,
    nulls: Vec<bool>,
    replaced: Vec<bool>,
}

impl<'call> Row<'call> {
    /// # Safety
    /// `tuple` fits `desc`, and both live as long as the call.
    unsafe fn new(tuple: pg_sys::HeapTuple, desc: pg_sys::TupleDesc) -> Self {
        // SAFETY: heap_deform_tuple fills natts entries of either array.
        unsafe {
            let natts = (*desc).natts as usize;
            let mut values = vec![pg_sys::Datum::null(); natts];
            let mut nulls = vec![true; natts];
            pg_sys::heap_deform_tuple(tuple, desc, values.as_mut_ptr(), nulls.as_mut_ptr());
            // Not reference-counted: the relation keeps it.
            let desc = PgTupleDesc::from_pg_unchecked(desc);
            Self { tuple, desc, values, nulls, replaced: vec![false; natts] }
        }
    }

    /// Where the column called `name` is. An adopted table may have dropped columns before it. Errors: 42703 there is no such
    /// column; 42804 someone has given it a type of another kind.
    pub fn position<K: Kind>(&self, name: &CStr) -> Result<Position<K>, Failure> {
        // SAFETY: both pointers are valid; the answer is 1 up to natts, or a negative error.
        let number = unsafe { pg_sys::SPI_fnumber(self.desc.as_ptr(), name.as_ptr()) };
        let number = usize::try_from(number - 1).map_err(|_| {
            let message = format!("table has no column {}", name.to_string_lossy());
            Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message)
        })?;
        if !self.desc.get(number).is_some_and(|attribute| K::has(attribute.atttypid)) {
            let message = format!("column {} has another type than extension todo gave it", name.to_string_lossy());
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message));
        }
        Ok(Position { number, kind: PhantomData })
    }

    /// Whether the column is NULL.
    pub fn is_null<K>(&self, column: Position<K>) -> bool {
        self.nulls[column.number]
    }

    /// The column's value, or none when it is NULL. Text is detoasted.
    pub fn get<K: Readable>(&self, column: Position<K>) -> Option<K::Value<'call>> {
        // SAFETY: the value is of a type of this kind, as `position` has found, and lives as long as the call.
        unsafe { FromDatum::from_datum(self.values[column.number], self.nulls[column.number]) }
    }

    /// The size of a text in bytes, known without detoasting it, or none when it is NULL.
    pub fn text_bytes(&self, column: Position<Text>) -> Option<usize> {
        // SAFETY: the value is a text or varchar, as `position` has found.
        (!self.nulls[column.number]).then(|| unsafe { raw_text_bytes(self.values[column.number]) })
    }

    /// Gives the column another value; none is NULL.
    pub fn set<K: Readable>(&mut self, column: Position<K>, value: Option<K::Value<'_>>) {
        let value = value.and_then(IntoDatum::into_datum);
        self.nulls[column.number] = value.is_none();
        self.values[column.number] = value.unwrap_or(pg_sys::Datum::null());
        self.replaced[column.number] = true;
    }

    /// Whether a column is NULL in both rows, or has the same value in both, compared byte by byte after detoasting. A dropped
    /// column never differs, whatever an old row still has there.
    fn is_same(&self, other: &Row, number: usize) -> bool {
        let Some(attribute) = self.desc.get(number).filter(|attribute| !attribute.attisdropped) else { return true };
        if self.nulls[number] || other.nulls[number] {
            return self.nulls[number] == other.nulls[number];
        }
        let (ours, theirs) = (self.values[number], other.values[number]);
        let (by_value, length) = (attribute.attbyval, c_int::from(attribute.attlen));
        // SAFETY: both values are of the attribute's type. The boundary turns an ERROR into an unwinding, as pgrx
        // does for the functions it binds (not this one: it leaves out utils/datum.h).
        unsafe { pg_guard_ffi_boundary(move || ffi::datum_image_eq(ours, theirs, by_value, length)) }
    }

    fn into_tuple(mut self) -> pg_sys::HeapTuple {
        if !self.replaced.contains(&true) {
            return self.tuple;
        }
        // SAFETY: the arrays have natts entries each, with values of the attributes' types.
        unsafe {
            pg_sys::heap_modify_tuple(
                self.tuple,
                self.desc.as_ptr(),
                self.values.as_mut_ptr(),
                self.nulls.as_mut_ptr(),
                self.replaced.as_mut_ptr(),
            )
        }
    }
}

#[cfg(any(test, feature = "pg_test"))]
#[path = "row_tests.rs"]
mod pg_tests;
