SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
FROM ONLY @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.is_active
