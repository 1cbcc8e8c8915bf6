-- The objects of the SQL edition, in their order. Of a file that is both here and in sql/, this folder's counts.
\i preflight.sql
\i schema.sql
\i edition/catalogs.sql
\i base.sql
\i tables.sql
\i triggers.sql
\i tables/expected.sql
\i tables/rights.sql
\i objects.sql
\i edition/helpers/*.sql
