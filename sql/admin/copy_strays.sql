-- Databases that were to become copies, and what is written at them.
SELECT d.datname::pg_catalog.text AS database, pg_catalog.shobj_description(d.oid, 'pg_database') AS comment
FROM pg_catalog.pg_database AS d
WHERE d.datname OPERATOR(pg_catalog.~) '^todo_copy_[0-9a-f]{32}$'
