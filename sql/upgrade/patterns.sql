-- Describes what the tables are like at 0.2.0, which is the specification's form, and at this version. It creates pattern tables of both,
-- describes them and drops them. No one else can see their schema before the transaction ends.
-- Triggers are added later, because creating their functions loads the library. If the upgrade then failed, the library's guard would
-- keep this session from fixing the tables.
\i base.sql

\pattern todo--0.2.0.sql
SELECT todo_internal.expect('specified', 'todo', 'todo_internal');

\pattern tables.sql
SELECT todo_internal.expect('expected_todo', 'todo', 'todo_internal');
