-- The tables with their columns, defaults, constraints and indexes. With triggers.sql, this is the only place that says what they are
-- like. Upgrade scripts make pattern tables from the same files, see upgrade/patterns.sql.
\i tables/users.sql
\i tables/users_rules.sql
\i tables/tasks.sql
