UPDATE @extschema@.tasks AS task
SET completed = $3
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
