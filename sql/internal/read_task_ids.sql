-- In the tables of an extension's schema, the id of a task that is given next, the nearest one from there on that is taken already, and the largest one that is. Read with
-- the rights of the tables' owner, so that a superuser who asks runs nothing that this owner has attached to them.
-- Errors: any, where table or sequence are not as they should be.
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
    'Where the ids of tasks are';

REVOKE ALL ON FUNCTION todo_internal.read_task_ids(regnamespace) FROM PUBLIC;
