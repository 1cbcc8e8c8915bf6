-- Adds a user with a hash that the client has made, or ($3 NULL) without a password. The table's triggers check the values.
INSERT INTO @extschema@.users (email, name, hashed_password)
VALUES ($1, $2, COALESCE($3::pg_catalog.text, '!'))
RETURNING id
