-- The last step of every script that creates these objects.
SELECT todo_internal.own('todo');
SELECT todo_internal.grant_to_owner('todo');
