-- How far the copy into this database is: whether there is a subscription, whether it is enabled, the slot it reads from, how many tables
-- are copied, of how many, and how many rows of those that are being copied.
SELECT s.subenabled AS is_enabled,
    s.subslotname::pg_catalog.text AS slot,
    (
        SELECT pg_catalog.count(*) FILTER (WHERE r.srsubstate OPERATOR(pg_catalog.=) 'r')
        FROM pg_catalog.pg_subscription_rel AS r
        WHERE r.srsubid OPERATOR(pg_catalog.=) s.oid
    ) AS tables_copied,
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_subscription_rel AS r WHERE r.srsubid OPERATOR(pg_catalog.=) s.oid) AS tables,
    (
        SELECT COALESCE(pg_catalog.sum(p.tuples_processed), 0)::pg_catalog.int8
        FROM pg_catalog.pg_stat_progress_copy AS p
        WHERE p.datid OPERATOR(pg_catalog.=) s.subdbid
    ) AS rows_copied
FROM pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  AND s.subname OPERATOR(pg_catalog.=) 'todo_copy'
