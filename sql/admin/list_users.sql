SELECT u.id, u.email, u.name, u.created_at, u.created_at::pg_catalog.text AS created_at_text, u.is_active, u.email_verified,
    -- Replaced by locked.sql where the role may read that.
    NULL::pg_catalog.bool AS locked
FROM @extschema@.todo_users AS u
ORDER BY u.created_at, u.id
