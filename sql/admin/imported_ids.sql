-- Returns the old and the new ids of the tasks that get new ones.
SELECT s.old_id, s.id FROM pg_temp.todo_import_tasks AS s ORDER BY s.old_id
