//! The row a BEFORE ROW trigger sees and may change, column by name, without running SQL.

use crate::error::Failure;
use crate::ffi;
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode, PgTupleDesc, pg_sys};
use std::ffi::{CStr, c_int};

/// The call of a BEFORE INSERT OR UPDATE row trigger.
pub struct Trigger {
    pub new: Row,
    /// The row as it was, when it is updated.
    pub old: Option<Row>,
    relation: pg_sys::Relation,
}

impl Trigger {
    /// 39P01 unless the function was called as a BEFORE ROW trigger for INSERT or UPDATE.
    ///
    /// # Safety
    /// `fcinfo` is that of the running call.
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

    /// Whether the statement gives this column another value than it had; always true for a new row.
    pub fn is_set(&self, column: usize) -> bool {
        self.old.as_ref().is_none_or(|old| !self.new.is_same(old, column))
    }

    /// Whether any column but `except` differs from the row as it was; always true for a new row.
    pub fn is_changed(&self, except: usize) -> bool {
        (0..self.new.values.len()).any(|column| column != except && self.is_set(column))
    }

    /// The row to store.
    pub fn into_tuple(self) -> pg_sys::HeapTuple {
        self.new.into_tuple()
    }
}

fn not_our_trigger() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
        "to be used as a BEFORE INSERT OR UPDATE trigger FOR EACH ROW",
    )
}

/// What a column's values are read as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not read at all.
    Any,
    Text,
    Time,
    Flag,
}

/// One row of a table, taken apart. Columns are counted from 0.
pub struct Row {
    tuple: pg_sys::HeapTuple,
    desc: PgTupleDesc<'static>,
    values: Vec<pg_sys::Datum>,
    nulls: Vec<bool>,
    replaced: Vec<bool>,
}

impl Row {
    /// # Safety
    /// `tuple` fits `desc`, and both outlive the row.
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

    /// Where the column called `name` stands: by name, as an adopted table may have dropped columns in between. 42804 if
    /// somebody has given it a type that its values could not be read as.
    pub fn position(&self, name: &CStr, kind: Kind) -> Result<usize, Failure> {
        // SAFETY: both pointers are valid; the answer is 1 up to natts, or a negative error.
        let number = unsafe { pg_sys::SPI_fnumber(self.desc.as_ptr(), name.as_ptr()) };
        let position = usize::try_from(number - 1).map_err(|_| {
            let message = format!("the table has no column {}", name.to_string_lossy());
            Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message)
        })?;
        let fits = self.desc.get(position).is_some_and(|attribute| match kind {
            Kind::Any => true,
            Kind::Text => matches!(attribute.atttypid, pg_sys::VARCHAROID | pg_sys::TEXTOID),
            Kind::Time => attribute.atttypid == pg_sys::TIMESTAMPOID,
            Kind::Flag => attribute.atttypid == pg_sys::BOOLOID,
        });
        if !fits {
            let message =
                format!("the column {} has a type that extension todo did not give it", name.to_string_lossy());
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message));
        }
        Ok(position)
    }

    pub fn is_null(&self, column: usize) -> bool {
        self.nulls[column]
    }

    /// The column's value, or none when it is NULL. `T` must be the Rust side of the column's type.
    pub fn get<T: FromDatum>(&self, column: usize) -> Option<T> {
        // SAFETY: the value is the column's own, and the callers name columns of the extension's tables by type.
        unsafe { T::from_datum(self.values[column], self.nulls[column]) }
    }

    /// The raw value of a column that is not NULL.
    pub fn datum(&self, column: usize) -> Option<pg_sys::Datum> {
        (!self.nulls[column]).then(|| self.values[column])
    }

    pub fn set(&mut self, column: usize, value: Option<impl IntoDatum>) {
        let value = value.and_then(IntoDatum::into_datum);
        self.nulls[column] = value.is_none();
        self.values[column] = value.unwrap_or(pg_sys::Datum::null());
        self.replaced[column] = true;
    }

    /// Whether both rows have the same value (byte by byte, detoasted), or NULL, in a column. A dropped column is the
    /// same whatever an old row still has there.
    fn is_same(&self, other: &Row, column: usize) -> bool {
        let Some(attribute) = self.desc.get(column).filter(|attribute| !attribute.attisdropped) else { return true };
        if self.nulls[column] || other.nulls[column] {
            return self.nulls[column] == other.nulls[column];
        }
        let (ours, theirs) = (self.values[column], other.values[column]);
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
