SELECT u.id, u.hashed_password
FROM ONLY @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.is_active
