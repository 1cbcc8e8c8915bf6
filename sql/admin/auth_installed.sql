-- A row if todo_auth is there, in either edition. A schema of its name may be another role's.
SELECT
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_namespace AS h ON h.nspname OPERATOR(pg_catalog.=) 'todo_internal'
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
  AND c.relname OPERATOR(pg_catalog.=) 'linked_account'
  AND c.relkind OPERATOR(pg_catalog.=) 'r'
  AND CASE
      WHEN EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'todo')
          THEN EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'todo_auth')
      ELSE n.nspowner OPERATOR(pg_catalog.=) h.nspowner AND c.relowner OPERATOR(pg_catalog.=) h.nspowner
  END
