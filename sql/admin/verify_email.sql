SELECT u.id FROM @extschema@.todo_verify_email($1) AS u
