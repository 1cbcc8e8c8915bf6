-- All tasks of one user, or ($1 NULL) of all: how many, how many completed, and the median seconds from creation to completion.
SELECT
    pg_catalog.count(*) AS total,
    pg_catalog.count(*) FILTER (WHERE t.completed) AS completed,
    pg_catalog.percentile_cont(0.5) WITHIN GROUP (
        ORDER BY pg_catalog.date_part('epoch', t.completed_at OPERATOR(pg_catalog.-) t.created_at)
    ) AS median_seconds
FROM @extschema@.tasks AS t
WHERE $1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1
