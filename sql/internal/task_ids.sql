-- Returns what read_task_ids() finds, or in problem why it fails: always one row.
CREATE FUNCTION todo_internal.task_ids(
    schema regnamespace,
    OUT next bigint,
    OUT taken integer,
    OUT largest integer,
    OUT problem text
)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT i.next, i.taken, i.largest INTO STRICT next, taken, largest FROM todo_internal.read_task_ids(schema) AS i;
EXCEPTION
    WHEN OTHERS THEN problem := SQLERRM;
END
$$;

COMMENT ON FUNCTION todo_internal.task_ids(regnamespace) IS
    'Returns what read_task_ids() finds, or why it fails';

REVOKE ALL ON FUNCTION todo_internal.task_ids(regnamespace) FROM PUBLIC;
