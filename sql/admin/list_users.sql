SELECT u.id, u.email, u.name, u.created_at, u.is_active, u.email_verified
FROM @extschema@.todo_users AS u
ORDER BY u.created_at, u.id
