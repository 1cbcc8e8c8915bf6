SELECT u.id, u.hashed_password
FROM ONLY @extschema@.users AS u
WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower($1 COLLATE pg_catalog."C")
  AND u.is_active
