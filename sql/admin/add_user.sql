-- The triggers judge the values; the hash was made by the client.
INSERT INTO @extschema@.users (email, name, hashed_password)
VALUES ($1, $2, $3)
RETURNING id, email, name, created_at, is_active, email_verified
