-- The numbers of users and tasks to export: those of user $1, or of all users if it is NULL.
SELECT
    (
        SELECT pg_catalog.count(*)
        FROM @extschema@.todo_users AS u
        WHERE $1::pg_catalog.text IS NULL OR u.id OPERATOR(pg_catalog.=) $1
    ),
    (
        SELECT pg_catalog.count(*)
        FROM @extschema@.tasks AS t
        WHERE $1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1
    )
