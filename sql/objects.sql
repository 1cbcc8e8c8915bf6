-- Everything except the tables. Every version creates it anew, so upgrade scripts include it as well.
\i base.sql
\i description.sql
\i owner.sql
\i views/todo_users.sql
-- Defaults of arguments call this one.
\i functions/todo_current_user_id.sql
\i internal/*.sql
\i triggers/isolated_roles.sql
-- todo_check() calls these. Its body is bound to them, so they must exist first.
\i functions/todo_not_in_dumps.sql
\i checks/*.sql
\i functions/*.sql
\i triggers/guard.sql
\i ownership.sql
