-- Whether this database still has users that have left it for another one.
SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgname OPERATOR(pg_catalog.=) 'todo_leaving')
