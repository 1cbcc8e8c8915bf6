//! Rows as they are stored: with dropped and added columns, and with values out of line.

#[pgrx::pg_schema]
mod tests {
    use super::super::*;
    use crate::row::Time;
    use pgrx::prelude::*;
    use pgrx::varlena::{varatt_is_1b_e, varatt_is_4b_c};

    /// Calls `check` with the rows of a table as a trigger gets them, in the order of insertion.
    fn stored(table: &str, check: impl FnOnce(Vec<Row>)) {
        let table = Spi::get_one::<pg_sys::Oid>(&format!("SELECT '{table}'::regclass::oid")).unwrap().unwrap();
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        // SAFETY: a sequential scan, which systable_beginscan makes of any table; the copied rows live in this call's
        // memory, and their descriptor while the relation is open.
        unsafe {
            let relation = pg_sys::table_open(table, lock);
            let none = std::ptr::null_mut();
            let snapshot = pg_sys::GetLatestSnapshot();
            let scan = pg_sys::systable_beginscan(relation, pg_sys::InvalidOid, false, snapshot, 0, none);
            let mut rows = Vec::new();
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                rows.push(Row::new(pg_sys::heap_copytuple(tuple), (*relation).rd_att));
            }
            pg_sys::systable_endscan(scan);
            check(rows);
            pg_sys::table_close(relation, lock);
        }
    }

    fn number<K: Kind>(row: &Row, name: &std::ffi::CStr) -> Result<usize, PgSqlErrorCode> {
        row.position::<K>(name).map(|position| position.number).map_err(|failure| failure.code)
    }

    /// The position with this number, of a text.
    fn text(number: usize) -> Position<Text> {
        Position { number, kind: PhantomData }
    }

    /// The row that is made of another one, taken apart again.
    fn remade(row: Row) -> Row {
        let desc = row.desc.as_ptr();
        // SAFETY: the tuple was made for this descriptor.
        unsafe { Row::new(row.into_tuple(), desc) }
    }

    #[pg_test]
    fn dropped_columns_are_not_there() {
        Spi::run(
            "CREATE TEMP TABLE t (a text, gone text, b text, at timestamp);
             INSERT INTO t VALUES ('a', 'left in the row', 'b', '2026-01-01');
             ALTER TABLE t DROP COLUMN gone;
             INSERT INTO t VALUES ('a', 'b', '2026-01-01');
             ALTER TABLE t ADD COLUMN later text DEFAULT 'd';
             INSERT INTO t VALUES ('a', 'b', '2026-01-01')",
        )
        .unwrap();
        stored("t", |mut rows| {
            let [old, new, last] = &rows[..] else { panic!("three rows, not {}", rows.len()) };
            // What is tested is there: a value in the dropped column, and a row without the added one.
            assert_eq!([old.nulls[1], new.nulls[1]], [false, true]);
            // SAFETY: the tuple's header.
            let natts = |row: &Row| unsafe { i32::from((*(*row.tuple).t_data).t_infomask2 & 0x07FF) };
            assert_eq!([natts(old), natts(last)], [4, 5]);

            assert_eq!(number::<Text>(old, c"a"), Ok(0));
            assert_eq!(number::<Text>(old, c"b"), Ok(2));
            assert_eq!(number::<Time>(old, c"at"), Ok(3));
            assert_eq!(number::<Any>(old, c"later"), Ok(4));
            for name in [c"gone", c"........pg.dropped.2........", c"ctid", c""] {
                assert_eq!(number::<Any>(old, name), Err(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN), "{name:?}");
            }
            assert_eq!(number::<Text>(old, c"at"), Err(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH));
            for column in 0..5 {
                assert!(old.is_same(new, column) && new.is_same(last, column), "column {column}");
            }

            let mut old = rows.remove(0);
            old.set(text(2), Some("changed"));
            let changed = remade(old);
            assert_eq!(changed.get(text(0)), Some("a"));
            assert_eq!(changed.get(text(2)), Some("changed"));
            assert_eq!(changed.get(text(4)), Some("d"));
            assert!(changed.is_same(&rows[0], 3) && !changed.is_same(&rows[0], 2));
        });
    }

    #[pg_test]
    fn values_out_of_line_are_read_and_compared() {
        // The same text compressed in the row, and outside of it as it is; then another one of the same length.
        Spi::run(
            "CREATE TEMP TABLE t (id text, body text);
             INSERT INTO t SELECT 1, repeat('é', 5000);
             ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL;
             INSERT INTO t SELECT 2, repeat('é', 5000);
             INSERT INTO t SELECT 3, repeat('é', 4999) || 'xx'",
        )
        .unwrap();
        let long = "é".repeat(5000);
        stored("t", |mut rows| {
            let raw = |row: &Row| row.values[1].cast_mut_ptr::<pg_sys::varlena>();
            // SAFETY: the column's values are varlenas.
            unsafe {
                assert!(varatt_is_4b_c(raw(&rows[0])), "compressed");
                assert!(varatt_is_1b_e(raw(&rows[1])) && varatt_is_1b_e(raw(&rows[2])), "outside of the row");
            }
            for row in &rows {
                assert_eq!(row.text_bytes(text(1)), Some(10_000));
            }
            assert_eq!(rows[0].get(text(1)), Some(&*long));
            assert_eq!(rows[1].get(text(1)), Some(&*long));
            assert!(rows[0].is_same(&rows[1], 1) && rows[1].is_same(&rows[0], 1));
            assert!(!rows[1].is_same(&rows[2], 1));

            let mut row = rows.remove(1);
            row.set(text(0), Some("4"));
            let kept = remade(row);
            assert_eq!((kept.get(text(0)), kept.get(text(1))), (Some("4"), Some(&*long)));
        });
    }

    #[pg_test]
    fn null_is_a_value_of_its_own() {
        Spi::run("CREATE TEMP TABLE t (a text); INSERT INTO t VALUES (NULL), (''), (NULL)").unwrap();
        stored("t", |mut rows| {
            assert!(rows[0].is_same(&rows[2], 0) && !rows[0].is_same(&rows[1], 0) && !rows[1].is_same(&rows[0], 0));
            assert_eq!((rows[0].get(text(0)), rows[1].get(text(0))), (None, Some("")));
            let mut row = rows.remove(1);
            row.set(text(0), None);
            let row = remade(row);
            assert!(row.is_null(text(0)) && row.get(text(0)).is_none() && row.text_bytes(text(0)).is_none());
        });
    }
}
