SELECT @extschema@.todo_delete_user($1)
