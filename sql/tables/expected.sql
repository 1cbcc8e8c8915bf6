-- As they are now, the tables must stay: todo_check(), the guard and upgrade scripts ask expected_todo().
SELECT todo_internal.expect('expected_todo', 'todo', '@extschema@');
