SELECT c.name, c.ok, c.detail, c.fix
FROM @extschema@.todo_check() AS c
