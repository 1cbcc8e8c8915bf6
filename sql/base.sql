-- What must exist before the tables: a schema for helpers, and functions that describe tables.
\i schema.sql
\i internal/reserve.sql
SELECT todo_internal.reserve('todo_internal');
\i tables/isolated_roles.sql
\i internal/described.sql
\i internal/located.sql
\i internal/expect.sql
