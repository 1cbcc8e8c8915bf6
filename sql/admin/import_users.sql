-- A user without a hash has no password.
INSERT INTO @extschema@.users (id, email, name, hashed_password, created_at, updated_at, is_active, email_verified)
SELECT s.id, s.email, s.name, COALESCE(s.hashed_password, '!'), s.created_at, s.updated_at, s.is_active, s.email_verified
FROM pg_temp.todo_import_users AS s
ORDER BY s.line
