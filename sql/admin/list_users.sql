SELECT u.id, u.email, u.name, u.created_at, u.created_at::pg_catalog.text AS created_at_text, u.is_active, u.email_verified,
    -- If the role may read hashes, locked.sql takes the place of this NULL.
    NULL::pg_catalog.bool AS locked
FROM @extschema@.todo_users AS u
ORDER BY u.created_at, u.id
