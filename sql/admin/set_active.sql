SELECT @extschema@.todo_set_active($1, $2)
