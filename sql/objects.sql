-- Everything except the tables. Every version creates it anew, so upgrade scripts include it as well.
\i schema.sql
\i owner.sql
\i views/todo_users.sql
\i internal/*.sql
-- The body of todo_check() is bound to this function, which must exist by then.
\i functions/todo_not_in_dumps.sql
\i functions/*.sql
\i triggers/*.sql
\i ownership.sql
