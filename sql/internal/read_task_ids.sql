-- Returns three ids of tasks, from the tables in the extension's schema: the one that the sequence gives next, the nearest one from there
-- on that is already taken, and the largest one. Runs with the rights of the tables' owner, so that a superuser who calls it runs nothing
-- that the owner has attached to the tables.
-- Errors: any, if the table or the sequence is not as it should be.
CREATE FUNCTION todo_internal.read_task_ids(
    schema regnamespace,
    OUT next bigint,
    OUT taken integer,
    OUT largest integer
)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_read_task_ids';

COMMENT ON FUNCTION todo_internal.read_task_ids(regnamespace) IS
    'Returns the next task id, the nearest one after it that is taken, and the largest one';

REVOKE ALL ON FUNCTION todo_internal.read_task_ids(regnamespace) FROM PUBLIC;
