-- The tables must stay as they are now. todo_check(), the guard and upgrade scripts read this from expected_todo().
SELECT todo_internal.expect('expected_todo', 'todo', '@extschema@');
