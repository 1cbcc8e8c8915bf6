-- The publication from which a copy of this database reads, with the comment that says which copy; no row if there is none.
SELECT pg_catalog.obj_description(p.oid, 'pg_publication') AS comment
FROM pg_catalog.pg_publication AS p
WHERE p.pubname OPERATOR(pg_catalog.=) 'todo_copy'
