-- Brings the tables from the form of the older or newer version, which expected_todo() still describes, to that of target().
\i upgrade/index_built_before.sql
\i upgrade/drop_parts.sql
\i upgrade/complete.sql

DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('todo_internal.target()'::regprocedure), 'todo_internal.target()', 'todo_internal.expected_todo()');
END
$$;
DROP FUNCTION todo_internal.target();
