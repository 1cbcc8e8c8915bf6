UPDATE @extschema@.tasks AS task
SET title = COALESCE($3, task.title),
    description = CASE
        WHEN $4 IS NULL THEN task.description
        WHEN $4 OPERATOR(pg_catalog.<>) '' THEN $4
    END
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
