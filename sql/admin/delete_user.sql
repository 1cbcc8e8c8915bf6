SELECT u.id FROM @extschema@.todo_delete_user($1) AS u
