-- Deletes up to 100 users of shard $1 of $2 whose id is after $3, with their tasks. Returns how many, their ids, and the last id. See
-- misplaced_users.sql.
WITH batch AS (
    SELECT u.id
    FROM @extschema@.users AS u
    WHERE u.id OPERATOR(pg_catalog.>) $3::pg_catalog.text
      AND (
          (
              (pg_catalog.hashtextextended(u.id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
              OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
          ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
      ) OPERATOR(pg_catalog.=) $1::pg_catalog.int8
    ORDER BY u.id
    LIMIT 100
), deleted AS (
    DELETE FROM @extschema@.users AS u
    USING batch AS b
    WHERE u.id OPERATOR(pg_catalog.=) b.id
)
SELECT pg_catalog.count(*) AS users, pg_catalog.array_agg(b.id::pg_catalog.text) AS ids, pg_catalog.max(b.id)::pg_catalog.text AS last_id
FROM batch AS b
