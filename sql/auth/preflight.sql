DO $$
BEGIN
    IF (
        SELECT e.extversion OPERATOR(pg_catalog.=) ANY (ARRAY['0.1.0', '0.2.0', 'adopt'])
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ) THEN
        RAISE EXCEPTION 'extension todo_auth needs version 1.0.0 of extension todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'ALTER EXTENSION todo UPDATE';
    END IF;
    -- A schema that was there: its owner could put things of its own among those that are trusted here.
    IF NOT (
        SELECT r.rolsuper
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
    ) THEN
        RAISE EXCEPTION 'schema todo_auth is owned by a role that is no superuser'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'ALTER SCHEMA todo_auth OWNER TO CURRENT_USER';
    END IF;
END
$$;
