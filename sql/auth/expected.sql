-- As they are now, the tables must stay: extension todo asks this function for its todo_check() and its guard.
SELECT todo_internal.expect('expected_todo_auth', 'todo_auth', 'todo_auth');
