-- The extension's guard has others, todo_guard and todo_guard_end.
CREATE EVENT TRIGGER todo_guard_on_start
    ON ddl_command_start
    WHEN TAG IN ('DROP INDEX', 'DROP EXTENSION', 'DROP OWNED')
    EXECUTE FUNCTION todo_guard.start();

CREATE EVENT TRIGGER todo_guard_on_drop
    ON sql_drop
    EXECUTE FUNCTION todo_guard.judge();

CREATE EVENT TRIGGER todo_guard_on_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_guard.judge();

-- They also fire with session_replication_role = replica.
ALTER EVENT TRIGGER todo_guard_on_start ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_on_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS;
