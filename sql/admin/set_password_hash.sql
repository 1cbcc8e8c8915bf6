SELECT @extschema@.todo_set_password_hash($1, $2)
