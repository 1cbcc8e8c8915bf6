-- How many claims have no user.
SELECT pg_catalog.count(*) FROM pg_temp.todo_stale AS s
