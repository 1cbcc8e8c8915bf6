-- Creates all tasks of a JSON array, or none, and returns them in the order of the array. Each element is an object with these fields:
--   title         a string
--   description   a string. An empty one is stored as NULL
--   completed     true or false (the default)
--   created_at, updated_at, completed_at   times as in ISO 8601, in UTC unless they have an offset
-- Everything but title may be missing or null. The rules are those of todo_create_task().
-- Errors: 23502 an argument or a title is NULL or missing; 23503 there is no such user; 22023 tasks is not such an array; 22001, 22007,
-- 22008, 22009 and 23514 a value breaks a rule. DETAIL names the element, counted from 0, and the field, for example tasks[2].title.
CREATE FUNCTION @extschema@.todo_create_tasks(
    user_id text,
    tasks jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
AS $$
-- Without a SET clause, so that triggers of the application run as they do for any other statement. Columns are qualified, so that these
-- names are those of arguments and variables.
#variable_conflict use_variable
DECLARE
    batch pg_catalog.jsonb := tasks;
    place pg_catalog.int4;
    field pg_catalog.text;
    known CONSTANT pg_catalog.text[] := '{title,description,completed,created_at,updated_at,completed_at}';
    time pg_catalog.text;
    -- Variables have the collation of the arguments, which may be one that has no regular expressions.
    iso CONSTANT pg_catalog.text :=
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)? *([Zz]|[+-][0-9]{2}(:?[0-9]{2}){0,2})?)?$';
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'argument user_id must not be null' USING ERRCODE = 'not_null_violation', TABLE = 'tasks', COLUMN = 'user_id';
    ELSIF tasks IS NULL THEN
        RAISE EXCEPTION 'argument tasks must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF pg_catalog.jsonb_typeof(tasks) OPERATOR(pg_catalog.<>) 'array' THEN
        RAISE EXCEPTION 'tasks must be an array' USING ERRCODE = 'invalid_parameter_value';
    -- PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
    ELSIF user_id OPERATOR(pg_catalog.=) '' OR pg_catalog.char_length(user_id) OPERATOR(pg_catalog.>) 36 THEN
        RAISE EXCEPTION 'insert or update on table "tasks" violates foreign key constraint "tasks_user_id_fkey"'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'tasks', COLUMN = 'user_id', CONSTRAINT = 'tasks_user_id_fkey';
    END IF;
    -- The first task that is not one, and its field.
    SELECT e.number OPERATOR(pg_catalog.-) 1, f.field
    INTO place, field
    FROM pg_catalog.jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN pg_catalog.jsonb_typeof(e.task) OPERATOR(pg_catalog.<>) 'object' THEN ''
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'title') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[]) THEN 'title'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'description') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[]) THEN 'description'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'completed') OPERATOR(pg_catalog.<>) ALL ('{boolean,"null"}'::pg_catalog.text[]) THEN 'completed'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'created_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'created_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'created_at'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'updated_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'updated_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'updated_at'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'completed_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'completed_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'completed_at'
            WHEN (e.task OPERATOR(pg_catalog.-) known) OPERATOR(pg_catalog.<>) '{}' THEN (SELECT pg_catalog.jsonb_object_keys(e.task OPERATOR(pg_catalog.-) known) LIMIT 1)
        END AS field
    ) AS f
    WHERE f.field IS NOT NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'task has a field that is not known, or not of its type'
            USING ERRCODE = 'invalid_parameter_value',
                DETAIL = pg_catalog.concat_ws('.', pg_catalog.format('tasks[%s]', place), CASE WHEN field OPERATOR(pg_catalog.<>) '' THEN field END),
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
            SELECT e.number OPERATOR(pg_catalog.-) 1, pg_catalog.jsonb_build_array(e.task)
            FROM pg_catalog.jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
        LOOP
            BEGIN
                FOR field, time IN
                    SELECT f.name, f.value
                    FROM pg_catalog.jsonb_each_text(batch OPERATOR(pg_catalog.->) 0) AS f (name, value)
                    WHERE f.name OPERATOR(pg_catalog.~) '_at$'
                LOOP
                    -- As they are converted above.
                    PERFORM (time OPERATOR(pg_catalog.||) CASE WHEN time COLLATE pg_catalog."default" OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz;
                END LOOP;
                field := NULL;
                \i parts/insert_tasks.sql
                ;
            EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                DECLARE
                    state pg_catalog.text;
                    message pg_catalog.text;
                    detail pg_catalog.text;
                    in_schema pg_catalog.text;
                    in_table pg_catalog.text;
                    in_column pg_catalog.text;
                    in_constraint pg_catalog.text;
                BEGIN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, in_schema = SCHEMA_NAME,
                        in_table = TABLE_NAME, in_column = COLUMN_NAME, in_constraint = CONSTRAINT_NAME;
                    IF in_table OPERATOR(pg_catalog.=) 'tasks' AND in_column OPERATOR(pg_catalog.<>) '' THEN
                        field := in_column;
                    -- PostgreSQL itself names no column when it is too short for a value.
                    ELSIF state OPERATOR(pg_catalog.=) '22001' AND pg_catalog.char_length(
                        pg_catalog.btrim(batch OPERATOR(pg_catalog.#>>) '{0,title}')
                    ) OPERATOR(pg_catalog.>) 200 THEN
                        field := 'title';
                    END IF;
                    detail := pg_catalog.concat_ws('.', pg_catalog.format('tasks[%s]', place), field);
                    -- A field of an error that is set is there, even if it is empty.
                    IF field IS NOT NULL AND in_constraint OPERATOR(pg_catalog.<>) '' THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, SCHEMA = in_schema, TABLE = 'tasks',
                            COLUMN = field, CONSTRAINT = in_constraint;
                    ELSIF field IS NOT NULL THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, TABLE = 'tasks', COLUMN = field;
                    ELSIF in_constraint OPERATOR(pg_catalog.<>) '' THEN
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
