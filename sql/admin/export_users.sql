SELECT u.id::pg_catalog.text, u.email::pg_catalog.text, u.name::pg_catalog.text, NULL::pg_catalog.text,
    u.created_at, u.updated_at, u.is_active, u.email_verified
FROM @extschema@.todo_users AS u
WHERE $1::pg_catalog.text IS NULL OR u.id OPERATOR(pg_catalog.=) $1::pg_catalog.text
ORDER BY u.id
