-- The tables must stay as they are now. todo_check() and the guard of extension todo read this function.
SELECT todo_internal.expect('expected_todo_auth', 'todo_auth', 'todo_auth');
