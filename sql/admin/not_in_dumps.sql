SELECT d.object, d.severity OPERATOR(pg_catalog.=) 'error' AS guards_access, d.ddl
FROM @extschema@.todo_not_in_dumps() AS d
