UPDATE @extschema@.todo_users AS u
SET email = COALESCE($2, u.email),
    name = COALESCE($3, u.name)
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u
