CREATE EVENT TRIGGER todo_guard_start
    ON ddl_command_start
    WHEN TAG IN ('DROP INDEX', 'DROP EXTENSION', 'DROP OWNED')
    EXECUTE FUNCTION todo_guard.start();

CREATE EVENT TRIGGER todo_guard_drop
    ON sql_drop
    EXECUTE FUNCTION todo_guard.judge();

CREATE EVENT TRIGGER todo_guard_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_guard.judge();

-- They also fire with session_replication_role = replica.
ALTER EVENT TRIGGER todo_guard_start ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_end ENABLE ALWAYS;
