UPDATE @extschema@.users AS u
SET hashed_password = $2
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.hashed_password
