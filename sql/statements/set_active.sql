UPDATE @extschema@.todo_users AS u
SET is_active = $2
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u
