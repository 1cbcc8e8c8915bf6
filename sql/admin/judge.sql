-- Fails if writing users or tasks would run code of a role that is neither their owner nor a superuser.
SELECT todo_internal.refuse_foreign_code('@extschema@.users'::pg_catalog.regclass),
    todo_internal.refuse_foreign_code('@extschema@.tasks'::pg_catalog.regclass)
