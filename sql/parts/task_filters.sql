          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
