-- The tables of this database whose rows are replicated.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
  AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
  AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
ORDER BY 1
