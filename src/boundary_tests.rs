//! What no known input brings about: a panic is one error, and the session goes on.

scalar_function! {
    fn todo_test_scalar_panics(_call) {
        panic!("as the test wants")
    }
}

set_function! {
    fn todo_test_set_panics(_call) {
        panic!("as the test wants")
    }
}

trigger_function! {
    fn todo_test_trigger_panics(_trigger) {
        panic!("as the test wants")
    }
}

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn a_panic_is_an_error() {
        let create = |name: &str, returns: &str| {
            Spi::run(&format!(
                "CREATE FUNCTION pg_temp.{name}() RETURNS {returns} AS '$libdir/todo', 'todo_test_{name}' LANGUAGE c"
            ))
            .unwrap();
        };
        create("scalar_panics", "integer");
        create("set_panics", "SETOF integer");
        create("trigger_panics", "trigger");
        Spi::run("CREATE TEMPORARY TABLE rows (a integer)").unwrap();
        let trigger = "CREATE TRIGGER t BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION pg_temp.trigger_panics()";
        Spi::run(trigger).unwrap();
        for call in
            ["SELECT pg_temp.scalar_panics()", "SELECT FROM pg_temp.set_panics()", "INSERT INTO rows VALUES (1)"]
        {
            for _ in 0..3 {
                Spi::run(&format!(
                    "DO $do$ BEGIN
                         EXECUTE $call${call}$call$;
                         RAISE EXCEPTION 'no error';
                     EXCEPTION WHEN internal_error THEN NULL;
                     END $do$"
                ))
                .unwrap();
            }
        }
        assert_eq!(Spi::get_one::<i64>("SELECT count(*) FROM rows").unwrap(), Some(0));
    }
}
