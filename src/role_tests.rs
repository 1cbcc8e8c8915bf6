//! The role and the settings, which only the backend itself can look at while a function runs.

#[pgrx::pg_schema]
mod tests {
    use super::super::*;
    use pgrx::prelude::*;
    use std::panic::AssertUnwindSafe;

    fn role_and_context() -> (pg_sys::Oid, c_int) {
        let (mut role, mut context) = (pg_sys::InvalidOid, 0);
        // SAFETY: reads variables of the backend.
        unsafe { pg_sys::GetUserIdAndSecContext(&raw mut role, &raw mut context) };
        (role, context)
    }

    fn setting(name: &str) -> Option<String> {
        Spi::get_one(&format!("SELECT current_setting('{name}')")).unwrap()
    }

    fn todo_owner() -> pg_sys::Oid {
        Spi::get_one("SELECT 'todo_owner'::regrole::oid").unwrap().expect("the extension is installed")
    }

    #[pg_test]
    fn role_and_settings_are_put_back() {
        let (before, work_mem) = (role_and_context(), setting("work_mem"));
        let result = acting_as(todo_owner(), || {
            let (role, context) = role_and_context();
            assert_eq!(role, todo_owner());
            assert_ne!(context as u32 & pg_sys::SECURITY_RESTRICTED_OPERATION, 0);
            assert_ne!(context as u32 & pg_sys::SECURITY_LOCAL_USERID_CHANGE, 0);
            Spi::run("SET work_mem = '123kB'").unwrap();
            acting_as(pg_sys::InvalidOid, || {
                assert_eq!(role_and_context(), (role, context), "without a role it stays");
            });
            assert_eq!(setting("work_mem").as_deref(), Some("123kB"));
            "result"
        });
        assert_eq!(result, "result");
        assert_eq!((role_and_context(), setting("work_mem")), (before, work_mem));
    }

    #[pg_test]
    fn an_error_puts_role_and_settings_back() {
        let (before, work_mem) = (role_and_context(), setting("work_mem"));
        // SAFETY: a subtransaction as PL/pgSQL runs one, which the error ends.
        let caught = unsafe {
            let (context, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            pg_sys::MemoryContextSwitchTo(context);
            PgTryBuilder::new(AssertUnwindSafe(|| {
                acting_as(todo_owner(), || {
                    Spi::run("SET work_mem = '123kB'").unwrap();
                    assert_eq!(role_and_context().0, todo_owner());
                    Spi::run("SELECT 1 / 0").unwrap();
                });
                false
            }))
            .catch_when(PgSqlErrorCode::ERRCODE_DIVISION_BY_ZERO, |_| {
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
                true
            })
            .execute()
        };
        assert!(caught);
        assert_eq!((role_and_context(), setting("work_mem")), (before, work_mem));
    }
}
