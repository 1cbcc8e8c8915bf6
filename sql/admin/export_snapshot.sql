-- Lets pg_dump see exactly what this transaction sees.
SELECT pg_catalog.pg_export_snapshot()
