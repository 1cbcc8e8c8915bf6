UPDATE @extschema@.todo_users AS u
SET email_verified = true
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u
