-- By id, else by e-mail address.
SELECT u.id, u.email, u.name, u.created_at, u.created_at::pg_catalog.text AS created_at_text, u.is_active, u.email_verified,
    -- If the role may read hashes, locked.sql takes the place of this NULL.
    NULL::pg_catalog.bool AS locked
FROM (
    SELECT * FROM @extschema@.todo_get_user($1)
    UNION ALL
    SELECT * FROM @extschema@.todo_find_user($1)
    LIMIT 1
) AS u
