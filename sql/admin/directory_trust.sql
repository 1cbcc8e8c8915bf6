-- The roles that a superuser has to trust before it uses the directory: the owners of the schema, and of what is in it. No row if the
-- directory is not installed. Only PostgreSQL's catalogs are read, because objects of these roles could run their code.
SELECT ARRAY(
    SELECT r.rolname::pg_catalog.text
    FROM pg_catalog.pg_roles AS r
    WHERE NOT r.rolsuper
      AND (
          r.oid OPERATOR(pg_catalog.=) n.nspowner
          OR EXISTS (
              SELECT FROM pg_catalog.pg_class AS c
              WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relowner OPERATOR(pg_catalog.=) r.oid
          )
          OR EXISTS (
              SELECT FROM pg_catalog.pg_proc AS p
              WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid AND p.proowner OPERATOR(pg_catalog.=) r.oid
          )
      )
    ORDER BY 1
) AS to_trust
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory'
  AND EXISTS (
      SELECT FROM pg_catalog.pg_class AS c
      WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) 'addresses'
  )
