-- The cost of new hashes. A function in C that the statement names, though it never runs it, makes the server load the library:
-- only then does the setting have its default, and are values that the role may not set gone.
SELECT pg_catalog.current_setting('todo.bcrypt_cost')::pg_catalog.int4
WHERE pg_catalog.now() IS NOT NULL OR @extschema@.todo_check_password('', '')
