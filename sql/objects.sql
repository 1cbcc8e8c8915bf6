-- Everything except the tables. Every version creates it anew, so upgrade scripts include it as well.
\i base.sql
\i owner.sql
\i views/todo_users.sql
-- The body of a function after BEGIN ATOMIC is bound to those that it calls, which must exist by then.
\i internal/expected_of_others.sql
\i internal/expected.sql
\i internal/compared.sql
\i internal/*.sql
\i functions/todo_not_in_dumps.sql
\i functions/*.sql
\i triggers/guard.sql
\i ownership.sql
