CREATE FUNCTION todo_internal.tasks_before_row()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_tasks_before_row';

COMMENT ON FUNCTION todo_internal.tasks_before_row() IS
    'Normalizes a new row of tasks and refuses one that breaks a rule';

REVOKE ALL ON FUNCTION todo_internal.tasks_before_row() FROM PUBLIC;
