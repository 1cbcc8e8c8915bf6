-- Sets the sequence so that the next task id is greater than every existing one, of those that the sequence gives: where it gives each
-- tenth, the others are of other databases.
SELECT pg_catalog.setval('@extschema@.tasks_id_seq', n.largest)
FROM (
    SELECT s.last_value, (
            SELECT pg_catalog.max(t.id)
            FROM @extschema@.tasks AS t
            WHERE t.id OPERATOR(pg_catalog.<=) q.seqmax
              AND (t.id OPERATOR(pg_catalog.-) s.last_value) OPERATOR(pg_catalog.%) q.seqincrement OPERATOR(pg_catalog.=) 0
        ) AS largest
    FROM @extschema@.tasks_id_seq AS s
    JOIN pg_catalog.pg_sequence AS q ON q.seqrelid OPERATOR(pg_catalog.=) '@extschema@.tasks_id_seq'::pg_catalog.regclass
) AS n
WHERE n.largest OPERATOR(pg_catalog.>=) n.last_value
