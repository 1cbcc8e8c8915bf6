-- Lets role $1 use the extension.
SELECT @extschema@.todo_grant($1, $2)
