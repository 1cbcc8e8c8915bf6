-- What todo_check() finds if the extension's role cannot read all users.
SELECT c.detail, c.fix
FROM @extschema@.todo_check() AS c
WHERE NOT c.ok AND c.name OPERATOR(pg_catalog.=) 'owner of todo_users'
