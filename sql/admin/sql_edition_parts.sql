-- The installed parts of the SQL edition with their versions, todo first.
SELECT i.name, i.version
FROM todo_internal.installed AS i
ORDER BY i.name
