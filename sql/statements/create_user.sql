INSERT INTO @extschema@.users AS u (email, name, hashed_password, id)
VALUES ($1, $2, $3, $4)
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
