-- What reads from the replication slot $1 now, if anything does. No row if there is no such slot.
SELECT s.active_pid
FROM pg_catalog.pg_replication_slots AS s
WHERE s.slot_name OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
