UPDATE ONLY @extschema@.users AS u
SET hashed_password = $3
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.hashed_password OPERATOR(pg_catalog.=) $2
  AND u.is_active
RETURNING u.hashed_password
