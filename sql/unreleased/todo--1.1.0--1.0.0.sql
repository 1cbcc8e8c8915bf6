-- From 1.1.0 back to 1.0.0. Rows are not changed.
\i upgrade/begin.sql

\pattern todo--1.0.0.sql
SELECT todo_internal.expect('target', 'todo', 'todo_internal');
\i upgrade/present.sql
\i upgrade/replace_parts.sql

\replace todo--1.0.0.sql described
\replace todo--1.0.0.sql additions
\replace todo--1.0.0.sql stray_rights
\replace todo--1.0.0.sql check_owners
\replace todo--1.0.0.sql check_parts
\replace todo--1.0.0.sql todo_pending_tasks
\replace todo--1.0.0.sql todo_completed_tasks
\replace todo--1.0.0.sql own
\i upgrade/ownership.sql
DROP FUNCTION todo_internal.own(text, text[]);
