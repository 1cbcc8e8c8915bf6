-- Takes back what grant.sql gave role $1.
SELECT @extschema@.todo_revoke($1)
