-- For user $1, or for all users if it is NULL: the number of tasks, the number of completed tasks, and the median seconds from creation to
-- completion. A task that was completed before it was created counts as 0 seconds. Times outside the years 1 to 9999 are left out of the
-- median, because nothing can be subtracted from infinity.
SELECT
    pg_catalog.count(*) AS total,
    pg_catalog.count(*) FILTER (WHERE t.completed) AS completed,
    pg_catalog.percentile_cont(0.5) WITHIN GROUP (
        ORDER BY CASE
            WHEN t.created_at OPERATOR(pg_catalog.>=) '0001-01-01' AND t.created_at OPERATOR(pg_catalog.<) '10000-01-01'
                AND t.completed_at OPERATOR(pg_catalog.>=) '0001-01-01' AND t.completed_at OPERATOR(pg_catalog.<) '10000-01-01'
                THEN GREATEST(pg_catalog.date_part('epoch', t.completed_at OPERATOR(pg_catalog.-) t.created_at), 0)
        END
    ) AS median_seconds
FROM @extschema@.tasks AS t
WHERE $1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1
