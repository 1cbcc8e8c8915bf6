CREATE SCHEMA todo_guard;
-- todo_check() reads the version here.
COMMENT ON SCHEMA todo_guard IS 'todo_guard @version@';
