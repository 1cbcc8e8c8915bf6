-- How many bytes of the WAL, up to $1 or up to now, the copy that reads from slot $2 has not confirmed yet. No row if there is no such
-- slot; NULL if the slot is lost.
SELECT CASE
    WHEN s.wal_status OPERATOR(pg_catalog.<>) 'lost' THEN GREATEST(
        pg_catalog.pg_wal_lsn_diff(COALESCE($1::pg_catalog.text::pg_catalog.pg_lsn, pg_catalog.pg_current_wal_lsn()), s.confirmed_flush_lsn), 0
    )::pg_catalog.int8
END AS bytes
FROM pg_catalog.pg_replication_slots AS s
WHERE s.slot_name OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
