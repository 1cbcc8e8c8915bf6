-- What must exist before the tables: a schema for helpers, and functions that describe tables.
\i schema.sql
\i internal/described.sql
\i internal/located.sql
\i internal/expect.sql
