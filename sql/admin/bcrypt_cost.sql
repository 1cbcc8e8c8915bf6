-- The cost of new hashes. The statement names a function in C, though it never runs it, so that the server loads the library. Only
-- then does the setting have its default, and only then has the server dropped values that the role was not allowed to set.
SELECT pg_catalog.current_setting('todo.bcrypt_cost')::pg_catalog.int4
WHERE pg_catalog.now() IS NOT NULL OR @extschema@.todo_check_password('', '')
