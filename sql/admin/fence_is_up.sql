-- Whether this database refuses writes because it has moved.
SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_fence')
