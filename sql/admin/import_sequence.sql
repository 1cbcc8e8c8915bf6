-- Sets the sequence so that the next task id is greater than every existing one.
SELECT pg_catalog.setval('@extschema@.tasks_id_seq', t.largest)
FROM (SELECT pg_catalog.max(id) AS largest FROM @extschema@.tasks) AS t, @extschema@.tasks_id_seq AS s
WHERE t.largest OPERATOR(pg_catalog.>=) s.last_value
