-- Finds the users who have not claimed their address. A user with another claim that is not old is left alone: the address is being
-- changed.
INSERT INTO pg_temp.todo_unclaimed (user_id, address)
SELECT p.user_id, p.address
FROM pg_temp.todo_present AS p
WHERE p.belongs
  AND NOT EXISTS (
      SELECT FROM todo_directory.addresses AS a
      WHERE a.user_id OPERATOR(pg_catalog.=) p.user_id AND a.address OPERATOR(pg_catalog.=) p.address
  )
  AND NOT EXISTS (
      SELECT FROM todo_directory.addresses AS a
      WHERE a.user_id OPERATOR(pg_catalog.=) p.user_id
        AND a.claimed_at OPERATOR(pg_catalog.>=) (SELECT c.cutoff FROM pg_temp.todo_cutoff AS c)
  )
