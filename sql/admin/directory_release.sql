-- Releases the claims without a user. A claim that has been renewed since then is kept: this statement waits for the transaction that
-- renews it, and compares the time again. So the transaction has to be READ COMMITTED.
DELETE FROM todo_directory.addresses AS a
USING pg_temp.todo_stale AS s
WHERE a.address OPERATOR(pg_catalog.=) s.address
  AND a.user_id OPERATOR(pg_catalog.=) s.user_id
  AND a.claimed_at OPERATOR(pg_catalog.=) s.claimed_at
