//! Kept plans, as the session has them.

#[pgrx::pg_schema]
mod tests {
    use super::super::*;
    use crate::foreign_code::Writing;
    use crate::owner::Access;
    use pgrx::prelude::*;

    statement!(USER = "user"(TEXTOID));
    statement!(CREATE = "create_user"(TEXTOID, TEXTOID, TEXTOID, TEXTOID) with Rights::Owner(c"users", Access::Write(Writing::Insertion)));

    fn namespace() -> pg_sys::Oid {
        let query = "SELECT relnamespace FROM pg_class WHERE oid = 'users'::regclass";
        Spi::get_one(query).unwrap().expect("the extension is installed")
    }

    /// The name of user u1, and how often the plan has been made so far.
    fn name_and_generation(namespace: pg_sys::Oid) -> (Option<String>, i32) {
        let [_, _, name, ..] = USER.first_row::<3>(namespace, [datum("u1")]).unwrap().expect("the user is there");
        let plan = USER.bind(namespace, [datum("u1")]).unwrap().plan;
        // SAFETY: a kept plan has one source, because it is one statement.
        let generation = unsafe {
            let sources = pg_sys::SPI_plan_get_plan_sources(plan);
            assert_eq!((*sources).length, 1);
            (*(*(*sources).elements).ptr_value.cast::<pg_sys::CachedPlanSource>()).generation
        };
        (name, generation)
    }

    #[pg_test]
    fn a_plan_is_kept_and_made_again_after_a_change() {
        Spi::run("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'Ada')").unwrap();
        let namespace = namespace();
        let ada = Some("Ada".to_owned());
        let (name, first) = name_and_generation(namespace);
        assert_eq!(name, ada);
        let plan = USER.bind(namespace, [None]).unwrap().plan;
        for _ in 0..10 {
            assert_eq!(name_and_generation(namespace), (ada.clone(), first), "kept");
        }
        let mut before = first;
        for change in [
            "ANALYZE users",
            "ALTER TABLE users SET (fillfactor = 90)",
            "CREATE TEMP TABLE users (id text, email text, name text); SET LOCAL search_path = pg_temp, public",
        ] {
            Spi::run(change).unwrap();
            let (name, now) = name_and_generation(namespace);
            assert_eq!(name, ada, "{change}");
            assert!(now > before, "{change}: not planned again");
            assert_eq!(name_and_generation(namespace), (ada.clone(), now), "{change}: kept again");
            before = now;
        }
        assert_eq!(USER.bind(namespace, [None]).unwrap().plan, plan, "prepared once");
    }

    #[pg_test]
    fn a_plan_is_of_the_extensions_tables_alone() {
        Spi::run("CREATE SCHEMA other; CREATE VIEW other.todo_users AS SELECT 'u1' AS id; CREATE TABLE other.users (id text)")
            .unwrap();
        let other = Spi::get_one("SELECT 'other'::regnamespace::oid").unwrap().unwrap();
        let refused = CREATE.bind(other, [None; 4]).err().map(|failure| failure.code);
        assert_eq!(refused, Some(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE));
    }

    /// What an error must leave as it was: role, security context, level of settings, context of errors.
    fn session() -> (pg_sys::Oid, i32, i32, usize) {
        let (mut role, mut context) = (pg_sys::InvalidOid, 0);
        // SAFETY: variables of the backend; the level that is opened is closed at once.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&raw mut role, &raw mut context);
            let level = pg_sys::NewGUCNestLevel();
            pg_sys::AtEOXact_GUC(false, level);
            (role, context, level, pg_sys::error_context_stack as usize)
        }
    }

    #[pg_test]
    fn an_error_puts_the_session_back() {
        Spi::run("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'Ada')").unwrap();
        let namespace = namespace();
        let create = |id, name| CREATE.try_execute(namespace, [datum("n@b.cd"), datum(name), datum("!"), datum(id)]);
        let before = session();
        assert_eq!(create("u1", "Taken"), 0);
        assert_eq!(session(), before, "after an error of PostgreSQL's");
        assert_eq!(create("u2", " "), 0);
        assert_eq!(session(), before, "after an error of a trigger");
        assert_eq!(create("u2", "Bob"), 1);
        assert_eq!(session(), before, "after none");
        let names = Spi::get_one::<String>("SELECT string_agg(name, ', ' ORDER BY id) FROM users").unwrap();
        assert_eq!(names.as_deref(), Some("Ada, Bob"));
    }
}
