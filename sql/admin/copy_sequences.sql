-- The sequences of this database: the name, and the statement that reads where it is.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
    pg_catalog.format('SELECT s.last_value, s.is_called FROM %I.%I AS s', n.nspname, c.relname) AS read
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) 'S'
  AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
  AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
ORDER BY 1
