SELECT c.pending, c.completed
FROM @extschema@.todo_task_counts($1) AS c
