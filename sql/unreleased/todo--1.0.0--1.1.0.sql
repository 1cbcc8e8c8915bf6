-- From 1.0.0 to 1.1.0. No row is changed.
\i upgrade/begin.sql

\replace internal/described.sql
\replace internal/additions.sql
\replace internal/stray_rights.sql
\replace checks/parts.sql
\replace checks/owners.sql
\replace functions/todo_pending_tasks.sql
\replace functions/todo_completed_tasks.sql
DROP FUNCTION todo_internal.own(text);

\pattern tables.sql
\pattern triggers.sql
SELECT todo_internal.expect('target', 'todo', 'todo_internal');
\i upgrade/present.sql
\i upgrade/replace_parts.sql

\i functions/todo_completed_per_day.sql
\i functions/todo_create_tasks.sql
\i functions/todo_export_user.sql
\i functions/todo_filter_tasks.sql
\i functions/todo_import_tasks.sql
\i functions/todo_search_text.sql
\i functions/todo_search_words.sql
\i functions/todo_task_cursor.sql
\i functions/todo_task_stats.sql
\i internal/own.sql
\i upgrade/ownership.sql
