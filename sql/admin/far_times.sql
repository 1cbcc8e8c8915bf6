-- Tasks, and users if $2 is true, with times outside the years 1 to 9999: those of user $1, or of all users if it is NULL. Returns the
-- first five, and in each row how many there are.
WITH far AS (
    SELECT 1 AS place, u.id::pg_catalog.text AS key, pg_catalog.concat('user ', u.id) AS name,
        u.created_at, u.updated_at, NULL::pg_catalog.timestamp AS completed_at
    FROM @extschema@.todo_users AS u
    WHERE $2::pg_catalog.bool
      AND ($1::pg_catalog.text IS NULL OR u.id OPERATOR(pg_catalog.=) $1)
      AND (
          LEAST(u.created_at, u.updated_at) OPERATOR(pg_catalog.<) '0001-01-01'
          OR GREATEST(u.created_at, u.updated_at) OPERATOR(pg_catalog.>=) '10000-01-01'
      )
    UNION ALL
    SELECT 2, pg_catalog.to_char(t.id, 'FM0000000000'), pg_catalog.concat('task ', t.id), t.created_at, t.updated_at, t.completed_at
    FROM @extschema@.tasks AS t
    WHERE ($1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1)
      AND (
          LEAST(t.created_at, t.updated_at, t.completed_at) OPERATOR(pg_catalog.<) '0001-01-01'
          OR GREATEST(t.created_at, t.updated_at, t.completed_at) OPERATOR(pg_catalog.>=) '10000-01-01'
      )
)
SELECT
    f.name,
    (
        SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', v.attribute, v.value), ', ' ORDER BY v.place)
        FROM (
            VALUES (1, 'created_at', f.created_at), (2, 'updated_at', f.updated_at), (3, 'completed_at', f.completed_at)
        ) AS v (place, attribute, value)
        WHERE v.value OPERATOR(pg_catalog.<) '0001-01-01' OR v.value OPERATOR(pg_catalog.>=) '10000-01-01'
    ) AS times,
    pg_catalog.count(*) OVER () AS total
FROM far AS f
ORDER BY f.place, f.key
LIMIT 5
