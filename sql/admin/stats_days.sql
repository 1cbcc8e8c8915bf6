-- How many tasks were completed on each of the last $2 days in UTC, by user $1, or by all users if it is NULL.
SELECT d.day::pg_catalog.date AS day, pg_catalog.count(t.id) AS completed
FROM pg_catalog.generate_series(
    pg_catalog.date_trunc('day', pg_catalog.timezone('UTC', pg_catalog.now()))
        OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $2 OPERATOR(pg_catalog.-) 1),
    pg_catalog.date_trunc('day', pg_catalog.timezone('UTC', pg_catalog.now())),
    '1 day'::pg_catalog.interval
) AS d (day)
LEFT JOIN @extschema@.tasks AS t
    ON t.completed_at OPERATOR(pg_catalog.>=) d.day
    AND t.completed_at OPERATOR(pg_catalog.<) (d.day OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval)
    AND ($1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1)
GROUP BY d.day
ORDER BY d.day
