-- What compares the tables with expected_todo(). The body of a function after BEGIN ATOMIC is bound to those that it calls, so that
-- todo_check() answers when something has been renamed: they must exist by then.
\i internal/expected_of_others.sql
\i internal/expected.sql
\i internal/extensions.sql
\i internal/compared.sql
\i internal/faults.sql
