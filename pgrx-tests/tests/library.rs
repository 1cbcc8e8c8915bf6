//! The code that the tests share does what they rely on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use todo_tests::{Database, strings};

/// The databases and roles of a test are dropped at its end, even if it panics.
#[test]
fn a_test_leaves_nothing_behind() {
    let observer = Database::empty();
    let left = |name: &str| {
        strings(
            &mut observer.connect(),
            &format!(
                "SELECT datname::text FROM pg_database WHERE datname LIKE '%{name}%'
                 UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE '%{name}%'"
            ),
        )
    };
    for panics in [false, true] {
        let mut name = String::new();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let mut database = Database::new();
            name.clone_from(&database.name);
            let role = database.role("app");
            database.connect_as(&role).batch_execute("SELECT 1").unwrap();
            database
                .client
                .batch_execute(&format!(
                    "SELECT todo_grant('{role}', 'tables'); CREATE TABLE own (); ALTER TABLE own OWNER TO {role};
                     CREATE ROLE \"A role; {name}\" SUPERUSER; ALTER ROLE {role} SET TimeZone = 'UTC'; CREATE ROLE {name}0"
                ))
                .unwrap();
            database.client.batch_execute(&format!("CREATE DATABASE {name}_restored OWNER {role}")).unwrap();
            assert_eq!(left(&name).len(), 5);
            assert!(!panics, "as a test that fails");
        }));
        assert_eq!(ended.is_err(), panics);
        // This role belongs to a database of another name.
        assert_eq!(left(&name), [format!("{name}0")]);
        observer.connect().batch_execute(&format!("DROP ROLE {name}0")).unwrap();
    }
}
