-- The tables with their columns, defaults, constraints and indexes: together with triggers.sql the one place that says what they are
-- like. Upgrade scripts make patterns by the same files, see unreleased/patterns.sql.
\i tables/users.sql
\i tables/users_rules.sql
\i tables/tasks.sql
\i tables/tasks_rules.sql
