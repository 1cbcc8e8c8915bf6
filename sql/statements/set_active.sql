UPDATE ONLY @extschema@.users AS u
SET is_active = $2
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
