UPDATE @extschema@.tasks AS task
SET completed = $2
WHERE task.user_id OPERATOR(pg_catalog.=) $1
  AND task.completed OPERATOR(pg_catalog.=) (NOT $2)
RETURNING task.*
