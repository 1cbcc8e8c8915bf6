-- The objects of the SQL edition, in their order. Of a file that is both here and in sql/, this folder's counts.
\i preflight.sql
\i schema.sql
\i edition/catalogs.sql
\i base.sql
\i tables.sql
\i triggers.sql
\i tables/expected.sql
\i tables/rights.sql
\i internal/trimmed.sql
\i internal/broken_rule.sql
\i internal/broken_time.sql
-- Here the script runs adopt.sql, if it takes over tables that exist already.
ADOPT;
\i edition/helpers/bcrypt.sql
\i edition/helpers/not_of_pgcrypto.sql
\i objects.sql
\i edition/helpers/*.sql
