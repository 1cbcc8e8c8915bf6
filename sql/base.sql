-- What must be there before the tables are: a schema for helpers, what the tables' triggers call, and what tells how the tables
-- have been made.
\i schema.sql
\i internal/users_before_row.sql
\i internal/tasks_before_row.sql
\i internal/described.sql
\i internal/located.sql
\i internal/expect.sql
