-- A row if todo_auth is there, in either edition.
SELECT
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth' AND c.relname OPERATOR(pg_catalog.=) 'linked_account'
