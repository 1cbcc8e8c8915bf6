-- Returns where a task stands in the given order of todo_filter_tasks(), which takes it as the argument after. It stays valid when the task
-- changes or is deleted. If task is NULL, so is the cursor. If sort is NULL, it is 'created'.
-- Errors: 22023 no such order.
CREATE FUNCTION @extschema@.todo_task_cursor(
    task @extschema@.tasks,
    sort text DEFAULT 'created'
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task IS NULL THEN
        RETURN NULL;
    END IF;
    sort := coalesce(sort, 'created');
    IF sort NOT IN ('created', 'updated', 'completed', 'title') THEN
        RAISE EXCEPTION 'sort must be created, updated, completed or title' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- The first character is the version of what follows: the order, what tells one user from another, the id, and the values that come
    -- before the id in the order. JSON has times in one form, whatever the session's settings are.
    RETURN '1' || encode(
        convert_to(
            jsonb_build_array(
                sort,
                hashtextextended(task.user_id COLLATE "C", 0),
                task.id,
                CASE sort
                    WHEN 'created' THEN to_jsonb(task.created_at)
                    WHEN 'updated' THEN to_jsonb(task.updated_at)
                    WHEN 'completed' THEN to_jsonb(task.completed_at)
                    ELSE to_jsonb(task.title)
                END,
                CASE WHEN sort = 'completed' THEN to_jsonb(task.created_at) END
            )::text,
            'UTF8'
        ),
        'hex'
    );
END
$$;

COMMENT ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) IS
    'Returns where a task stands in an order of todo_filter_tasks(), for its argument after';

REVOKE ALL ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) FROM PUBLIC;
