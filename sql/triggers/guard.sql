CREATE FUNCTION todo_internal.guard()
RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_guard';

COMMENT ON FUNCTION todo_internal.guard() IS
    'Refuses commands that would drop users and tasks, or change the structure of their tables';

REVOKE ALL ON FUNCTION todo_internal.guard() FROM PUBLIC;

-- They fire for every command, because many commands can reach a table by a cascade.
CREATE EVENT TRIGGER todo_guard
    ON ddl_command_start
    EXECUTE FUNCTION todo_internal.guard();

CREATE EVENT TRIGGER todo_guard_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_internal.guard();

-- They also fire with session_replication_role = replica.
ALTER EVENT TRIGGER todo_guard ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_end ENABLE ALWAYS;
