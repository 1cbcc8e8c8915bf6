DELETE FROM @extschema@.todo_users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u
