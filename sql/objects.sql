-- Everything except the tables. Every version creates it anew, so upgrade scripts include it as well.
\i base.sql
\i description.sql
\i owner.sql
\i views/todo_users.sql
\i internal/*.sql
-- What todo_check() calls: its body is bound to these functions, which must exist by then.
\i functions/todo_not_in_dumps.sql
\i checks/*.sql
\i functions/*.sql
\i triggers/guard.sql
\i ownership.sql
