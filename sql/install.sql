-- The install script of this version. sql/expand.sh puts it together from the files of sql/, which hold one object each.
\i preflight.sql
\i vacancy.sql

\i tables/users.sql
\i tables/users_rules.sql
\i tables/tasks.sql
\i tables/tasks_rules.sql
\i tables/rights.sql
\i tables/own_grants.sql

\i objects.sql
