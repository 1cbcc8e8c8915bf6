CREATE FUNCTION todo_internal.guard()
RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_guard';

COMMENT ON FUNCTION todo_internal.guard() IS
    'Refuses a command that would drop users and tasks, or change how the extension made their tables';

REVOKE ALL ON FUNCTION todo_internal.guard() FROM PUBLIC;

CREATE EVENT TRIGGER todo_guard
    ON ddl_command_start
    WHEN TAG IN (
        'ALTER INDEX', 'ALTER TABLE', 'ALTER TRIGGER',
        'CREATE INDEX', 'CREATE POLICY', 'CREATE RULE', 'CREATE STATISTICS', 'CREATE TRIGGER',
        'DROP EXTENSION', 'DROP INDEX', 'DROP OWNED', 'DROP SCHEMA', 'DROP TABLE', 'DROP TRIGGER'
    )
    EXECUTE FUNCTION todo_internal.guard();
