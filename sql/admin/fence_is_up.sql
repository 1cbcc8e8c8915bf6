-- Whether this database refuses all writes because it has moved: each table has the trigger of fence_raise.sql, whose function belongs to a superuser.
SELECT NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
      AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
      AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
      AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_trigger AS t
          JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
          JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
          JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.proowner
          WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid
            AND t.tgname OPERATOR(pg_catalog.=) 'todo_fence'
            AND t.tgenabled OPERATOR(pg_catalog.=) 'A'
            AND n.nspname OPERATOR(pg_catalog.=) 'todo_fence'
            AND r.rolsuper
      )
)
