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
DROP FUNCTION @extschema@.todo_completed_per_day(text, date, date, text);
DROP FUNCTION @extschema@.todo_create_tasks(text, jsonb);
DROP FUNCTION @extschema@.todo_export_user(text);
DROP FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text);
DROP FUNCTION @extschema@.todo_import_tasks(text, jsonb);
DROP FUNCTION @extschema@.todo_search_text(text);
DROP FUNCTION @extschema@.todo_search_words(text, text, text);
DROP FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text);
DROP FUNCTION @extschema@.todo_task_stats(text, text);
