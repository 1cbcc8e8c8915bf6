-- The id that the sequence gives next, the nearest one from there on that is already taken, and the largest one.
SELECT
    n.next,
    (
        SELECT pg_catalog.min(t.id)
        FROM ONLY @extschema@.tasks AS t
        WHERE t.id OPERATOR(pg_catalog.>=) n.next
          AND t.id OPERATOR(pg_catalog.<) (n.next OPERATOR(pg_catalog.+) 1000000)
    ) AS taken,
    (SELECT pg_catalog.max(t.id) FROM ONLY @extschema@.tasks AS t) AS largest
FROM (
    SELECT s.last_value OPERATOR(pg_catalog.+) s.is_called::pg_catalog.int4 AS next FROM @extschema@.tasks_id_seq AS s
) AS n
