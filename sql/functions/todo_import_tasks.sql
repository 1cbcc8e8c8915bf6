-- Creates the tasks of an object that todo_export_user() has returned, for this or another user, and returns them. All their values stay
-- as they are, except the ids, which are new. Importing the same object again creates the tasks again.
-- Errors: as todo_create_tasks(); 22023 also if document is not such an object.
CREATE FUNCTION @extschema@.todo_import_tasks(
    user_id text,
    document jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
AS $$
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION 'argument document must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF (
        (document OPERATOR(pg_catalog.->) 'version') OPERATOR(pg_catalog.=) '1'
        AND pg_catalog.jsonb_typeof(document OPERATOR(pg_catalog.->) 'tasks') OPERATOR(pg_catalog.=) 'array'
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'document is not what todo_export_user() of this version returns' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Whose they were, and their ids, do not count.
    RETURN QUERY
    SELECT n.*
    FROM @extschema@.todo_create_tasks(
        user_id,
        (
            SELECT COALESCE(
                pg_catalog.jsonb_agg(
                    CASE
                        WHEN pg_catalog.jsonb_typeof(e.task) OPERATOR(pg_catalog.=) 'object' THEN e.task OPERATOR(pg_catalog.-) '{id,user_id}'::pg_catalog.text[]
                        ELSE e.task
                    END
                    ORDER BY e.number
                ),
                '[]'
            )
            FROM pg_catalog.jsonb_array_elements(document OPERATOR(pg_catalog.->) 'tasks') WITH ORDINALITY AS e (task, number)
        )
    ) AS n;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) IS
    'Creates the tasks of a JSON object from todo_export_user(), and returns them';

REVOKE ALL ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) FROM PUBLIC;
