-- ===== The extension, and the sample data
CREATE EXTENSION todo;
\i sample_data.sql

-- ===== The seven query patterns in plain SQL
\i patterns.sql

-- ===== The same seven through the functions, on the same sample data. Where created_at is equal, plain SQL leaves the
-- ===== order open; the functions put the higher id first.
\set ECHO none
CREATE TEMP TABLE by_sql AS SELECT id, user_id, title, description, completed, completed_at IS NULL AS never FROM tasks;
TRUNCATE users, tasks RESTART IDENTITY;
\i sample_data.sql
\set ECHO all
\i patterns_by_function.sql

-- ===== Both left the same tasks behind (but for the times)
\set ECHO none
CREATE TEMP TABLE by_function AS SELECT id, user_id, title, description, completed, completed_at IS NULL AS never FROM tasks;
SELECT
    (SELECT count(*) FROM by_sql) AS "tasks by SQL",
    (SELECT count(*) FROM by_function) AS "tasks by function",
    (SELECT count(*) FROM (TABLE by_sql EXCEPT TABLE by_function) AS d) AS "only by SQL",
    (SELECT count(*) FROM (TABLE by_function EXCEPT TABLE by_sql) AS d) AS "only by function";
DROP TABLE by_sql, by_function;
\set ECHO all

-- ===== A user from creation to deletion. No function returns the hash; a wrong password is no row.
SELECT * FROM todo_create_user('Ada@example.com', ' Ada Lovelace ', 'correct horse');
SELECT id, name FROM todo_authenticate('ada@example.com', 'correct horse');
SELECT id, name FROM todo_authenticate('ada@example.com', 'wrong horse');
SELECT id, name FROM todo_update_user((SELECT id FROM todo_find_user('ada@example.com')), name => 'Countess of Lovelace');
SELECT id, name, is_active FROM todo_set_active((SELECT id FROM todo_find_user('ada@example.com')), false);
SELECT id, name FROM todo_authenticate('ada@example.com', 'correct horse');
SELECT id, name FROM todo_delete_user((SELECT id FROM todo_find_user('ada@example.com')));

-- ===== A user is deleted in plain SQL, and all tasks of that user with it
SELECT * FROM todo_task_counts('user-123-abc');
DELETE FROM users WHERE id = 'user-123-abc' RETURNING id, name;
SELECT * FROM todo_task_counts('user-123-abc');
SELECT id, user_id, title FROM tasks;
