-- Creates the tables of todo_auth where they are now.
SELECT pg_catalog.set_config('default_tablespace', COALESCE(s.spcname::pg_catalog.text, ''), true)
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid OPERATOR(pg_catalog.=) c.reltablespace
WHERE c.oid OPERATOR(pg_catalog.=) 'todo_auth.user_data'::pg_catalog.regclass
