-- The name for the replication slot of a copy of this database, and whether there are a slot and a publication already.
SELECT n.slot, EXISTS (
    SELECT FROM pg_catalog.pg_replication_slots AS s WHERE s.slot_name OPERATOR(pg_catalog.=) n.slot::pg_catalog.name
) AS has_slot, EXISTS (
    SELECT FROM pg_catalog.pg_publication AS p WHERE p.pubname OPERATOR(pg_catalog.=) 'todo_copy'
) AS has_publication
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (SELECT pg_catalog.concat('todo_copy_', d.oid) AS slot) AS n
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
