-- What role $1 may do with the extension's functions and tables, one row for each kind of object.
SELECT r.what
FROM (
    SELECT 1 AS place, pg_catalog.concat('functions of the API: ', pg_catalog.count(*)) AS what
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace OPERATOR(pg_catalog.=) '@extschema@'::pg_catalog.regnamespace
      AND p.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT todo_internal.member_functions()))
      AND pg_catalog.has_function_privilege($1, p.oid, 'EXECUTE')
      -- Two functions for an index are everyone's.
      AND NOT pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
    UNION ALL
    SELECT 2, pg_catalog.concat(
        c.relname, ': ', coalesce(
            (
                SELECT pg_catalog.string_agg(v.privilege, ', ' ORDER BY v.place)
                FROM (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) AS v (place, privilege)
                WHERE pg_catalog.has_table_privilege($1, c.oid, v.privilege)
            ),
            'nothing'
        )
    )
    FROM pg_catalog.pg_class AS c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (
        ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.todo_users', '@extschema@.tasks']
    )
) AS r
ORDER BY r.place, r.what
