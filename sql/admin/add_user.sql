-- Adds a user with hash $3, which the client has made, or without a password if it is NULL. The table's triggers check the values.
INSERT INTO @extschema@.users (email, name, hashed_password)
VALUES ($1, $2, COALESCE($3::pg_catalog.text, '!'))
RETURNING id
