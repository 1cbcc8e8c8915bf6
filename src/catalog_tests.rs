//! What is read from catalogs directly is what SQL says of them: columns have other numbers in other major versions.

#[pgrx::pg_schema]
mod tests {
    use super::super::*;
    use pgrx::prelude::*;
    use std::collections::BTreeMap;

    type LookUp = fn(Oid) -> Oid;

    /// A column of OIDs that a query returns.
    fn oids(column: &str, rows: &str) -> Vec<Oid> {
        Spi::get_one(&format!("SELECT array_agg({column}) FROM {rows}")).unwrap().expect("the catalog has rows")
    }

    #[pg_test]
    fn owners_are_those_of_the_catalogs() {
        Spi::run("UPDATE pg_extension SET extowner = 'todo_owner'::regrole WHERE extname = 'plpgsql'").unwrap();
        let todo_owner: Oid = Spi::get_one("SELECT 'todo_owner'::regrole::oid").unwrap().unwrap();
        let look_ups: [(&str, &str, LookUp); 4] = [
            ("pg_class", "relowner", relation_owner),
            ("pg_proc", "proowner", function_owner),
            ("pg_type", "typowner", type_owner),
            ("pg_extension", "extowner", extension_owner),
        ];
        for (catalog, owner, look_up) in look_ups {
            let rows = format!("(SELECT oid, {owner} FROM {catalog} ORDER BY oid) AS r");
            let found: Vec<Oid> = oids("oid", &rows).into_iter().map(look_up).collect();
            let owners = oids(owner, &rows);
            assert_eq!(found, owners, "{catalog}");
            assert!(owners.contains(&todo_owner) && owners.iter().any(|&owner| owner != todo_owner), "{catalog}");
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
            let needed = dependencies(Oid::from(class), Oid::from(object));
            let mut found: Vec<_> = needed.iter().map(|it| (it.class.to_u32(), it.object.to_u32())).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "object {object} of class {class}");
        }
    }
}
