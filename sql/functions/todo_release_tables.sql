-- Makes both tables ordinary ones, so that DROP EXTENSION todo leaves them in place. They keep their rows, constraints, indexes and
-- grants, and lose the extension's triggers. The caller becomes their owner, except for adopted tables, which keep theirs. Call it right
-- before DROP EXTENSION.
-- Errors: 42501 the caller is not a superuser; 55000 a role is isolated.
CREATE FUNCTION @extschema@.todo_release_tables()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made record;
    relation regclass;
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'must be superuser to take the tables out of extension todo'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM todo_internal.refuse_isolation();
    ALTER EXTENSION todo DROP TABLE @extschema@.users;
    ALTER EXTENSION todo DROP TABLE @extschema@.tasks;
    ALTER EXTENSION todo DROP SEQUENCE @extschema@.tasks_id_seq;
    FOR made IN
        SELECT t.tgname, c.oid::regclass AS tab
        FROM pg_trigger AS t
        JOIN pg_class AS c ON c.oid = t.tgrelid
        JOIN todo_internal.expected_todo() AS e ON e.kind = 'trigger' AND e.relation = c.relname AND e.name = t.tgname
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', made.tgname, made.tab);
    END LOOP;
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND c.relowner = 'todo_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END LOOP;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_release_tables() IS
    'Makes both tables ordinary ones, which DROP EXTENSION todo then leaves in place';

REVOKE ALL ON FUNCTION @extschema@.todo_release_tables() FROM PUBLIC;
