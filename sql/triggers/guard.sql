CREATE FUNCTION todo_internal.guard()
RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_guard';

COMMENT ON FUNCTION todo_internal.guard() IS
    'Refuses a command that would drop users and tasks, or change how the extension made their tables';

REVOKE ALL ON FUNCTION todo_internal.guard() FROM PUBLIC;

-- For every command, as many can reach a table by a cascade.
CREATE EVENT TRIGGER todo_guard
    ON ddl_command_start
    EXECUTE FUNCTION todo_internal.guard();

CREATE EVENT TRIGGER todo_guard_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_internal.guard();

-- Also with session_replication_role = replica.
ALTER EVENT TRIGGER todo_guard ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_end ENABLE ALWAYS;
