-- What is written at database $1 of this server while it is an incomplete copy; NULL otherwise. No row if there is no such database.
SELECT pg_catalog.shobj_description(d.oid, 'pg_database') AS comment
FROM pg_catalog.pg_database AS d
WHERE d.datname OPERATOR(pg_catalog.=) $1::pg_catalog.text
