-- By id, else by e-mail address.
SELECT u.id, u.email, u.name, u.created_at, u.is_active, u.email_verified
FROM @extschema@.todo_get_user($1) AS u
UNION ALL
SELECT u.id, u.email, u.name, u.created_at, u.is_active, u.email_verified
FROM @extschema@.todo_find_user($1) AS u
LIMIT 1
