-- The id that the sequence gives next, the nearest one from there on that is already taken, and the largest one, of those that the sequence
-- gives: where it gives each tenth, the others are of other databases.
SELECT
    n.next,
    (
        SELECT pg_catalog.min(t.id)
        FROM ONLY @extschema@.tasks AS t
        WHERE t.id OPERATOR(pg_catalog.>=) n.next
          AND t.id OPERATOR(pg_catalog.<) (n.next OPERATOR(pg_catalog.+) 1000000)
          AND (t.id OPERATOR(pg_catalog.-) n.next) OPERATOR(pg_catalog.%) n.step OPERATOR(pg_catalog.=) 0
    ) AS taken,
    (
        SELECT pg_catalog.max(t.id)
        FROM ONLY @extschema@.tasks AS t
        WHERE t.id OPERATOR(pg_catalog.<=) n.last AND (t.id OPERATOR(pg_catalog.-) n.next) OPERATOR(pg_catalog.%) n.step OPERATOR(pg_catalog.=) 0
    ) AS largest
FROM (
    SELECT s.last_value OPERATOR(pg_catalog.+) CASE WHEN s.is_called THEN q.increment ELSE 0 END AS next, q.increment AS step, q.maximum_value AS last
    FROM @extschema@.tasks_id_seq AS s
    CROSS JOIN pg_catalog.pg_sequence_parameters('@extschema@.tasks_id_seq'::pg_catalog.regclass) AS q
) AS n
