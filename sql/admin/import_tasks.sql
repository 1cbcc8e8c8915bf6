INSERT INTO @extschema@.tasks (id, user_id, title, description, completed, created_at, updated_at, completed_at)
SELECT s.id, s.user_id, s.title, s.description, s.completed, s.created_at, s.updated_at, s.completed_at
FROM pg_temp.todo_import_tasks AS s
ORDER BY s.line
