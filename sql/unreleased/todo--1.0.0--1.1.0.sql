-- From 1.0.0 to 1.1.0. No row is changed.
\i upgrade/begin.sql
\i upgrade/present.sql

\i functions/todo_current_user_id.sql
\i internal/isolation.sql
\i internal/grant_columns.sql
\i internal/visible.sql
\replace internal/described.sql
\replace internal/expect.sql
\replace internal/additions.sql
\replace internal/state.sql
\replace internal/forget_roles.sql
\replace internal/grant_to_owner.sql
\replace internal/stray_rights.sql
\replace checks/parts.sql
\replace checks/owners.sql
DROP FUNCTION todo_internal.own(text);

\pattern tables.sql
\pattern triggers.sql
SELECT todo_internal.expect('target', 'todo', 'todo_internal');
\i upgrade/replace_parts.sql

\i tables/isolated_roles.sql
\i internal/keep_isolation.sql
\i internal/complete_isolation.sql
\i internal/unbound.sql
\i internal/forget_isolation.sql
\i internal/isolate.sql
\i internal/end_isolation.sql
\i internal/refuse_isolation.sql
\i internal/secured_by_application.sql
\i triggers/isolated_roles.sql
\i checks/isolation.sql
\replace checks/registration.sql
\replace checks/storage.sql
\replace checks/task_ids.sql
\replace internal/schema_for_grants.sql
\replace functions/todo_check.sql
\replace functions/todo_clear_completed.sql
\replace functions/todo_complete_all.sql
\replace functions/todo_complete_task.sql
\replace functions/todo_completed_tasks.sql
\replace functions/todo_delete_task.sql
\replace functions/todo_delete_user.sql
\replace functions/todo_get_task.sql
\replace functions/todo_get_user.sql
\replace functions/todo_grant.sql
\replace functions/todo_list_tasks.sql
\replace functions/todo_pending_tasks.sql
\replace functions/todo_release_tables.sql
\replace functions/todo_revoke.sql
\replace functions/todo_task_counts.sql
\replace functions/todo_toggle_task.sql
\replace functions/todo_update_task.sql
\replace functions/todo_update_user.sql
\replace functions/todo_verify_email.sql

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
