DELETE FROM @extschema@.tasks AS task
WHERE task.user_id OPERATOR(pg_catalog.=) $1
  AND task.completed
RETURNING task.*
