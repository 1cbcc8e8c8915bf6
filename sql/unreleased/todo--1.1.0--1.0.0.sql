-- From 1.1.0 back to 1.0.0. Rows are not changed. Fails where a role is isolated, which 1.0.0 does not know.
\i upgrade/begin.sql
SELECT todo_internal.refuse_isolation();
\i upgrade/present.sql

\pattern todo--1.0.0.sql
SELECT todo_internal.expect('target', 'todo', 'todo_internal');
\i upgrade/replace_parts.sql

-- What the tables must be like is compared with what this prints, so it has to be as this prints it.
\replace todo--1.0.0.sql described
\pattern todo--1.0.0.sql
SELECT todo_internal.expect('expected_todo', 'todo', 'todo_internal');
\replace todo--1.0.0.sql expect
\replace todo--1.0.0.sql additions
\replace todo--1.0.0.sql state
\replace todo--1.0.0.sql forget_roles
\replace todo--1.0.0.sql grant_to_owner
\replace todo--1.0.0.sql stray_rights
\replace todo--1.0.0.sql check_owners
\replace todo--1.0.0.sql check_parts
\replace todo--1.0.0.sql check_registration
\replace todo--1.0.0.sql check_storage
\replace todo--1.0.0.sql check_task_ids
\i upgrade/without_current_user.sql
\replace todo--1.0.0.sql schema_for_grants
\replace todo--1.0.0.sql todo_check
\replace todo--1.0.0.sql todo_clear_completed
\replace todo--1.0.0.sql todo_complete_all
\replace todo--1.0.0.sql todo_complete_task
\replace todo--1.0.0.sql todo_completed_tasks
\replace todo--1.0.0.sql todo_delete_task
\replace todo--1.0.0.sql todo_delete_user
\replace todo--1.0.0.sql todo_get_task
\replace todo--1.0.0.sql todo_get_user
\replace todo--1.0.0.sql todo_grant
\replace todo--1.0.0.sql todo_list_tasks
\replace todo--1.0.0.sql todo_pending_tasks
\replace todo--1.0.0.sql todo_release_tables
\replace todo--1.0.0.sql todo_revoke
\replace todo--1.0.0.sql todo_task_counts
\replace todo--1.0.0.sql todo_toggle_task
\replace todo--1.0.0.sql todo_update_task
\replace todo--1.0.0.sql todo_update_user
\replace todo--1.0.0.sql todo_verify_email
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
DROP FUNCTION todo_internal.check_isolation();
-- First out of the extension, so that it is no longer among the tables whose rows dumps include.
ALTER EXTENSION todo DROP TABLE todo_internal.isolated_roles;
DROP TABLE todo_internal.isolated_roles;
DROP FUNCTION todo_internal.isolated_roles_written();
DROP FUNCTION todo_internal.keep_isolation(name[]);
DROP FUNCTION todo_internal.complete_isolation();
DROP FUNCTION todo_internal.isolate(text);
DROP FUNCTION todo_internal.forget_isolation(text);
DROP FUNCTION todo_internal.unbound(oid);
DROP FUNCTION todo_internal.end_isolation(text);
DROP FUNCTION todo_internal.refuse_isolation();
DROP FUNCTION todo_internal.secured_by_application(oid);
DROP FUNCTION todo_internal.grant_columns();
DROP FUNCTION todo_internal.visible(text);
DROP FUNCTION todo_internal.isolation();
DROP FUNCTION @extschema@.todo_current_user_id();
