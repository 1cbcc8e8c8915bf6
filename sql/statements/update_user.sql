UPDATE ONLY @extschema@.users AS u
SET email = COALESCE($2, u.email),
    name = COALESCE($3, u.name)
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
