-- Creates the tasks of an object that todo_export_user() has returned, for this or another user, and returns them. All their values stay
-- as they are, except the ids, which are new. Importing the same object again creates the tasks again.
-- Errors: as todo_create_tasks(); 22023 also if document is not such an object.
CREATE FUNCTION @extschema@.todo_import_tasks(
    user_id text,
    document jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION 'argument document must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF (document -> 'version' = '1' AND jsonb_typeof(document -> 'tasks') = 'array') IS NOT TRUE THEN
        RAISE EXCEPTION 'document is not what todo_export_user() of this version returns' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT n.*
    FROM @extschema@.todo_create_tasks(
        user_id,
        (
            SELECT coalesce(
                jsonb_agg(CASE jsonb_typeof(e.task) WHEN 'object' THEN e.task - '{id,user_id}'::text[] ELSE e.task END ORDER BY e.number), '[]'
            )
            FROM jsonb_array_elements(document -> 'tasks') WITH ORDINALITY AS e (task, number)
        )
    ) AS n;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) IS
    'Creates the tasks of a JSON object from todo_export_user(), and returns them';

REVOKE ALL ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) FROM PUBLIC;
