-- Functions that compare the tables with expected_todo(). A body after BEGIN ATOMIC is bound to the functions that it calls. So
-- todo_check() answers even if something has been renamed, but these functions must exist first.
\i internal/expected_of_others.sql
\i internal/expected.sql
\i internal/extensions.sql
\i internal/compared.sql
