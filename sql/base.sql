-- What must be there before the tables are: a schema for helpers, and what tells how tables have been made.
\i schema.sql
\i internal/described.sql
\i internal/located.sql
\i internal/expect.sql
