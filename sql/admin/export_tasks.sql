SELECT t.id, t.user_id::pg_catalog.text, t.title::pg_catalog.text, t.description,
    t.completed, t.created_at, t.updated_at, t.completed_at
FROM @extschema@.tasks AS t
WHERE $1::pg_catalog.text IS NULL OR t.user_id OPERATOR(pg_catalog.=) $1::pg_catalog.text
ORDER BY t.id
