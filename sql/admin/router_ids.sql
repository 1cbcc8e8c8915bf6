-- The ids that a router with foreign tables gives to tasks: the upper half of those that a client can read, which JavaScript limits to
-- 2^53. first and last of them, the last one taken in this database, and whether this database's own sequence gives none of them.
SELECT r.first, r.last, r.taken,
    (
        SELECT s.seqmax OPERATOR(pg_catalog.<) r.first
        FROM pg_catalog.pg_sequence AS s
        WHERE s.seqrelid OPERATOR(pg_catalog.=) '@extschema@.tasks_id_seq'::pg_catalog.regclass
    ) AS is_apart
FROM (
    SELECT i.first, i.last, (SELECT pg_catalog.max(t.id)::pg_catalog.int8 FROM @extschema@.tasks AS t WHERE t.id OPERATOR(pg_catalog.>=) i.first) AS taken
    FROM (
        SELECT
            CASE WHEN a.atttypid OPERATOR(pg_catalog.=) 'pg_catalog.int8'::pg_catalog.regtype THEN 4503599627370496 ELSE 1073741824 END AS first,
            CASE WHEN a.atttypid OPERATOR(pg_catalog.=) 'pg_catalog.int8'::pg_catalog.regtype THEN 9007199254740991 ELSE 2147483647 END AS last
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid OPERATOR(pg_catalog.=) '@extschema@.tasks'::pg_catalog.regclass
          AND a.attname OPERATOR(pg_catalog.=) 'id'
    ) AS i
) AS r
