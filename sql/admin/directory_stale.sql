-- Finds the old claims of users who belong to the shards $1 of $2, all of which have been read, but do not have this address there.
-- A user who was found only in another shard is left alone: if the list of shards is in the wrong order, this is every user.
WITH astray AS MATERIALIZED (
    SELECT DISTINCT p.user_id
    FROM pg_temp.todo_present AS p
    WHERE NOT p.belongs
      AND NOT EXISTS (
          SELECT FROM pg_temp.todo_present AS q
          WHERE q.user_id OPERATOR(pg_catalog.=) p.user_id AND q.belongs
      )
)
INSERT INTO pg_temp.todo_stale (address, user_id, claimed_at)
SELECT a.address, a.user_id, a.claimed_at
FROM todo_directory.addresses AS a
WHERE a.claimed_at OPERATOR(pg_catalog.<) (SELECT c.cutoff FROM pg_temp.todo_cutoff AS c)
  AND (
      (
          (pg_catalog.hashtextextended(a.user_id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
          OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
      ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
  ) OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[])
  AND NOT EXISTS (
      SELECT FROM pg_temp.todo_present AS p
      WHERE p.user_id OPERATOR(pg_catalog.=) a.user_id AND p.address OPERATOR(pg_catalog.=) a.address AND p.belongs
  )
  AND NOT EXISTS (SELECT FROM astray AS s WHERE s.user_id OPERATOR(pg_catalog.=) a.user_id)
