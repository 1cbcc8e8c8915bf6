SELECT u.id FROM @extschema@.todo_set_password_hash($1, $2) AS u
