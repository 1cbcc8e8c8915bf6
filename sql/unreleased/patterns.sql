-- How tables are at 0.2.0, which is the specification's form, and at this version: both are made here, described and dropped again.
-- Nobody else can see the schema that they are made in before the transaction ends. Their triggers come later: the functions load the
-- library, whose guard would keep this session from bringing tables into shape after an upgrade has failed.
\i base.sql

\pattern todo--0.2.0.sql
SELECT todo_internal.expect('specified', 'todo', 'todo_internal');

\pattern tables.sql
SELECT todo_internal.expect('expected_todo', 'todo', 'todo_internal');
