-- The next tasks in the order of completion, pending ones first: twice a glance at most. The same in the order of creation, if only pending
-- tasks are asked for.
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT TRUE AND last_time IS NULL
      AND task.completed_at IS NULL
      AND (task.created_at, task.id) < (last_created, last_id)
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
UNION ALL
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT FALSE
      AND task.completed_at IS NOT NULL
      AND (task.completed_at, task.created_at, task.id) < (
          coalesce(last_time, 'infinity'), CASE WHEN last_time IS NULL THEN 'infinity' ELSE last_created END,
          CASE WHEN last_time IS NULL THEN 9223372036854775807 ELSE last_id END
      )
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
