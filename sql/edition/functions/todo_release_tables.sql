-- Makes both tables ordinary ones: drops everything else that the script has made, this function included. Rows and grants stay.
-- Only the owner can call it.
-- Errors: 42501 the caller is not the owner; 2BP01 todo_auth is installed, or objects of the application need something that would go.
CREATE FUNCTION @extschema@.todo_release_tables()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- PostgreSQL would list everything.
SET client_min_messages = warning
AS $$
DECLARE
    made record;
BEGIN
    IF NOT (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN
        RAISE EXCEPTION 'must be the owner of todo to release its tables' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM todo_internal.refuse_isolation();
    FOR made IN SELECT e.extname FROM todo_internal.extension AS e WHERE e.extname <> 'todo' LOOP
        RAISE EXCEPTION '% needs todo', made.extname
            USING ERRCODE = 'dependent_objects_still_exist', HINT = format('DROP SCHEMA %I CASCADE removes it, with the rows of its tables.', made.extname);
    END LOOP;
    DROP FUNCTION todo_internal.visible(text);
    FOR made IN
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS drop
        FROM pg_trigger AS t
        JOIN pg_proc AS f ON f.oid = t.tgfoid AND f.pronamespace = 'todo_internal'::regnamespace
        WHERE t.tgrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
        UNION ALL
        -- All at once, as some need others.
        SELECT 'DROP FUNCTION ' || string_agg(p.oid::regprocedure::text, ', ')
        FROM pg_proc AS p
        WHERE p.oid IN (SELECT todo_internal.member_functions()) AND p.pronamespace <> 'todo_internal'::regnamespace
          -- Others are bound to this one.
          AND p.proname <> 'todo_not_in_dumps'
    LOOP
        EXECUTE made.drop;
    END LOOP;
    DROP FUNCTION todo_internal.active_user(text);
    DROP VIEW @extschema@.todo_users;
    -- CASCADE would drop these without a word.
    FOR made IN
        SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS object
        FROM pg_depend d
        CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) AS r
        CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS o
        WHERE d.deptype IN ('n', 'a') AND r.schema = 'todo_internal' AND o.schema IS DISTINCT FROM 'todo_internal'
          AND o.identity !~ '(^|^for | on )todo_internal[.]' AND o.identity <> '@extschema@.todo_not_in_dumps()'
        ORDER BY object
        LIMIT 1
    LOOP
        RAISE EXCEPTION '% needs a function or view of todo', made.object
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop it first.';
    END LOOP;
    DROP SCHEMA todo_internal CASCADE;
    DROP FUNCTION IF EXISTS @extschema@.todo_not_in_dumps();
END
$$;

COMMENT ON FUNCTION @extschema@.todo_release_tables() IS
    'Makes both tables ordinary ones, and drops everything else';

REVOKE ALL ON FUNCTION @extschema@.todo_release_tables() FROM PUBLIC;
