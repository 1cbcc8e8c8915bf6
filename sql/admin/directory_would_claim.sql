-- What directory_claim.sql would do after directory_release.sql.
INSERT INTO pg_temp.todo_claimed (address, user_id, claimed_at)
SELECT DISTINCT ON (u.address) u.address, u.user_id, pg_catalog.clock_timestamp()
FROM pg_temp.todo_unclaimed AS u
WHERE NOT EXISTS (
    SELECT FROM todo_directory.addresses AS a
    WHERE a.address OPERATOR(pg_catalog.=) u.address
      AND NOT EXISTS (
          SELECT FROM pg_temp.todo_stale AS s
          WHERE s.address OPERATOR(pg_catalog.=) a.address
            AND s.user_id OPERATOR(pg_catalog.=) a.user_id
            AND s.claimed_at OPERATOR(pg_catalog.=) a.claimed_at
      )
)
ORDER BY u.address, u.user_id
