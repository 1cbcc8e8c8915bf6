-- Creates all tasks of a JSON array, or none, and returns them in the order of the array. Each element is an object with these fields:
--   title         a string
--   description   a string or null, as may be missing. An empty one is stored as NULL
--   completed     true or false (the default)
--   created_at, updated_at, completed_at   times as in ISO 8601, in UTC unless they have an offset
-- Everything but title may be missing or null. The rules are those of todo_create_task().
-- Errors: 23502 an argument or a title is NULL or missing; 23503 there is no such user; 22023 tasks is not such an array; 22001, 22007, 22008
-- and 23514 a value breaks a rule. DETAIL names the element, counted from 0, and the field, for example tasks[2].title.
CREATE FUNCTION @extschema@.todo_create_tasks(
    user_id text,
    tasks jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- Times without an offset are UTC.
SET TimeZone = 'UTC'
AS $$
-- Columns are qualified, so that these names are those of arguments and variables.
#variable_conflict use_variable
DECLARE
    batch jsonb := tasks;
    place integer;
    field text;
    time text;
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'argument user_id must not be null' USING ERRCODE = 'not_null_violation', TABLE = 'tasks', COLUMN = 'user_id';
    ELSIF tasks IS NULL THEN
        RAISE EXCEPTION 'argument tasks must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF jsonb_typeof(tasks) <> 'array' THEN
        RAISE EXCEPTION 'tasks must be an array' USING ERRCODE = 'invalid_parameter_value';
    -- PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
    ELSIF user_id = '' OR char_length(user_id) > 36 THEN
        RAISE EXCEPTION 'insert or update on table "tasks" violates foreign key constraint "tasks_user_id_fkey"'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'tasks', COLUMN = 'user_id', CONSTRAINT = 'tasks_user_id_fkey';
    END IF;
    SELECT e.number - 1, f.name
    INTO place, field
    FROM jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
    LEFT JOIN LATERAL jsonb_each(CASE jsonb_typeof(e.task) WHEN 'object' THEN e.task END) AS f (name, value) ON true
    WHERE jsonb_typeof(e.task) <> 'object'
       OR CASE
           WHEN f.name IN ('title', 'description') THEN jsonb_typeof(f.value) NOT IN ('string', 'null')
           WHEN f.name = 'completed' THEN jsonb_typeof(f.value) NOT IN ('boolean', 'null')
           WHEN f.name IN ('created_at', 'updated_at', 'completed_at') THEN
               jsonb_typeof(f.value) <> 'null' AND (jsonb_typeof(f.value) <> 'string' OR f.value #>> '{}' !~ '^\d{4}-\d\d-\d\d([T ]\d|$)')
           ELSE f.name IS NOT NULL
       END
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'task has a field that is not known, or not of its type'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = concat_ws('.', format('tasks[%s]', place), field),
                HINT = 'A task is an object with title, description, completed, created_at, updated_at and completed_at.';
    END IF;

    BEGIN
        RETURN QUERY
        \i parts/insert_tasks.sql
        RETURNING task.*;
        RETURN;
    EXCEPTION WHEN data_exception OR not_null_violation OR check_violation OR unique_violation OR exclusion_violation THEN
        -- Which task is it? One by one, for the error to say so.
        FOR place, batch IN
            SELECT e.number - 1, jsonb_build_array(e.task) FROM jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
        LOOP
            BEGIN
                FOR field, time IN
                    SELECT f.name, f.value FROM jsonb_each_text(batch -> 0) AS f (name, value) WHERE f.name ~ '_at$'
                LOOP
                    PERFORM time::timestamptz;
                END LOOP;
                field := NULL;
                \i parts/insert_tasks.sql
                ;
            EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                DECLARE
                    state text;
                    message text;
                    detail text;
                    in_schema text;
                    in_table text;
                    in_column text;
                    in_constraint text;
                BEGIN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, in_schema = SCHEMA_NAME,
                        in_table = TABLE_NAME, in_column = COLUMN_NAME, in_constraint = CONSTRAINT_NAME;
                    -- PostgreSQL itself names no column when it is too short for a value.
                    field := coalesce(field, nullif(in_column, ''), CASE state WHEN '22001' THEN 'title' END);
                    detail := concat_ws('.', format('tasks[%s]', place), field);
                    -- A field of an error that is set is there, even if it is empty.
                    IF field IS NOT NULL AND in_constraint <> '' THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, SCHEMA = in_schema, TABLE = 'tasks',
                            COLUMN = field, CONSTRAINT = in_constraint;
                    ELSIF field IS NOT NULL THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, TABLE = 'tasks', COLUMN = field;
                    ELSIF in_constraint <> '' THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, SCHEMA = in_schema, TABLE = in_table,
                            CONSTRAINT = in_constraint;
                    ELSE
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail;
                    END IF;
                END;
            END;
        END LOOP;
        -- Only all of them together are refused.
        RAISE;
    END;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) IS
    'Creates all tasks of a JSON array, or none, and returns them';

REVOKE ALL ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) FROM PUBLIC;
