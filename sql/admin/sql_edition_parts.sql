-- The installed parts of the SQL edition with their versions, todo first.
SELECT e.extname AS name, e.extversion AS version
FROM todo_internal.extension AS e
ORDER BY e.extname
