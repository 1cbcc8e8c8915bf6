DO $$
BEGIN
    IF (
        SELECT e.extversion OPERATOR(pg_catalog.=) ANY (ARRAY['0.1.0', '0.2.0', 'adopt'])
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ) THEN
        RAISE EXCEPTION 'extension todo_auth needs version 1.0.0 of extension todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run ALTER EXTENSION todo UPDATE first.';
    END IF;
    -- Calls in this script would find what others have put into the schema, or can put there, and run it as a superuser.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND d.refobjid OPERATOR(pg_catalog.=) 'todo_auth'::pg_catalog.regnamespace
          AND d.deptype OPERATOR(pg_catalog.=) 'n'
          AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
          AND e.extnamespace OPERATOR(pg_catalog.=) 'todo_auth'::pg_catalog.regnamespace
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        LEFT JOIN pg_catalog.aclexplode(n.nspacl) AS a
            ON a.privilege_type OPERATOR(pg_catalog.=) 'CREATE' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
          AND (
              NOT r.rolsuper
              -- If this transaction or a part of it created the schema, no one has used what ALTER DEFAULT PRIVILEGES gave on it.
              OR (
                  a.grantee IS NOT NULL
                  AND CASE
                      WHEN pg_catalog.age(n.xmin) OPERATOR(pg_catalog.>) 0 THEN true
                      ELSE pg_catalog.pg_xact_status(
                          (
                              (pg_catalog.pg_current_xact_id()::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.>>) 32
                                  OPERATOR(pg_catalog.<<) 32)
                                  OPERATOR(pg_catalog.|) n.xmin::pg_catalog.text::pg_catalog.int8
                          )::pg_catalog.text::pg_catalog.xid8
                      ) OPERATOR(pg_catalog.<>) 'in progress'
                  END
              )
          )
    ) THEN
        RAISE EXCEPTION 'schema todo_auth is not empty, or a role that is not a superuser can create objects in it'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Drop or rename the schema. CREATE EXTENSION creates it.';
    END IF;
END
$$;

SELECT todo_internal.reserve('todo_auth');
