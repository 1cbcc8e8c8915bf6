-- The owner of the tables in schema $1, or in the first schema of search_path if $1 is NULL. No row if they are not there, or belong to
-- different roles. is_ordinary: whether it is a role that may own the SQL edition.
SELECT pg_catalog.min(r.rolname::pg_catalog.text) AS owner,
    pg_catalog.bool_and(NOT r.rolsuper AND r.rolname OPERATOR(pg_catalog.<>) 'todo_owner') AS is_ordinary
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.relowner
WHERE n.nspname OPERATOR(pg_catalog.=) COALESCE($1::pg_catalog.text, pg_catalog.current_schema()::pg_catalog.text)
  AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['users', 'tasks'])
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 2 AND pg_catalog.count(DISTINCT c.relowner) OPERATOR(pg_catalog.=) 1
