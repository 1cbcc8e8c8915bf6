//! What is read from catalogs directly is what SQL says of them: their columns differ between major versions.

#[pgrx::pg_schema]
mod tests {
    use super::super::*;
    use pgrx::prelude::*;
    use std::collections::BTreeMap;

    /// A column of OIDs that a query returns.
    fn oids(column: &str, rows: &str) -> Vec<Oid> {
        Spi::get_one(&format!("SELECT array_agg({column}) FROM {rows}")).unwrap().expect("the catalog has rows")
    }

    #[pg_test]
    fn owners_are_those_of_the_catalogs() {
        let look_ups: [(&str, &str, fn(Oid) -> Oid); 3] = [
            ("pg_class", "relowner", relation_owner),
            ("pg_proc", "proowner", function_owner),
            ("pg_type", "typowner", type_owner),
        ];
        for (catalog, owner, look_up) in look_ups {
            let rows = format!("(SELECT oid, {owner} FROM {catalog} ORDER BY oid) AS r");
            let found: Vec<Oid> = oids("oid", &rows).into_iter().map(look_up).collect();
            let owners = oids(owner, &rows);
            assert_eq!(found, owners, "{catalog}");
            let others = oids("oid", "pg_roles WHERE rolname = 'todo_owner'");
            assert!(owners.contains(&others[0]), "{catalog} has rows of different owners");
            assert_eq!(look_up(pg_sys::InvalidOid), pg_sys::InvalidOid, "{catalog}");
        }
    }

    #[pg_test]
    fn dependencies_are_those_of_the_catalog() {
        let rows = "(SELECT * FROM pg_depend ORDER BY classid, objid, refclassid, refobjid) AS r";
        let [class, object, needed_class, needed] =
            ["classid", "objid", "refclassid", "refobjid"].map(|column| oids(column, rows));
        let mut expected: BTreeMap<(u32, u32), Vec<(u32, u32)>> = BTreeMap::new();
        for i in 0..class.len() {
            let [class, object, needed_class, needed] =
                [class[i], object[i], needed_class[i], needed[i]].map(|oid| oid.to_u32());
            expected.entry((class, object)).or_default().push((needed_class, needed));
        }
        assert!(expected.values().any(|needed| needed.len() > 1));
        for ((class, object), expected) in expected {
            let found = dependencies(Oid::from(class), Oid::from(object)).into_iter();
            let mut found: Vec<_> = found.map(|needed| (needed.class.to_u32(), needed.object.to_u32())).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "object {object} of class {class}");
        }
    }
}
