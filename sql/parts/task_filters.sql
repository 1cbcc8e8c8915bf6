          task.user_id = todo_filter_tasks.user_id
          AND task.created_at >= first_time AND task.created_at < end_time
          AND (completed IS NULL OR task.completed = completed)
          AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns))
