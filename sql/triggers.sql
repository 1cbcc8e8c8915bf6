-- The tables' triggers, and the functions that these call.
\i internal/users_before_row.sql
\i internal/tasks_before_row.sql
\i triggers/users.sql
\i triggers/tasks.sql
