-- Turns both tables into ordinary ones, with their rows, constraints, indexes and grants but without triggers, so that DROP
-- EXTENSION todo leaves them in place. The caller becomes their owner, unless they had one before they were adopted. To be
-- called right before DROP EXTENSION.
-- Errors: 42501 not a superuser.
CREATE FUNCTION @extschema@.todo_release_tables()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    made record;
    relation regclass;
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'must be superuser to take the tables out of extension todo'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    ALTER EXTENSION todo DROP TABLE @extschema@.users;
    ALTER EXTENSION todo DROP TABLE @extschema@.tasks;
    ALTER EXTENSION todo DROP SEQUENCE @extschema@.tasks_id_seq;
    FOR made IN SELECT e.relation, e.name FROM todo_internal.expected_todo() AS e WHERE e.kind = 'trigger' LOOP
        EXECUTE format('DROP TRIGGER %I ON %s.%I', made.name, home, made.relation);
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
