-- Returns where the ids of tasks are, in the tables of an extension's schema: the id that is given next, the nearest id from there on that
-- is taken already, and the largest id. Runs with the rights of the tables' owner, so that a superuser who asks runs nothing that the
-- owner has attached to the tables.
-- Errors: any, if table or sequence are not as they should be.
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
    'Returns where the ids of tasks are';

REVOKE ALL ON FUNCTION todo_internal.read_task_ids(regnamespace) FROM PUBLIC;
