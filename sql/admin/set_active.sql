SELECT u.id FROM @extschema@.todo_set_active($1, $2) AS u
