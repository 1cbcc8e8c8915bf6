SELECT @extschema@.todo_verify_email($1)
