-- The install script of this version. sql/expand.sh puts it together from the files in sql/, which hold one object each.
\i preflight.sql
\i vacancy.sql

\i base.sql
\i tables.sql
\i triggers.sql
\i tables/expected.sql
\i tables/rights.sql
\i tables/own_grants.sql

\i objects.sql
