-- A short tour: whether what is installed works on this server. Errors are shown by their SQLSTATE.
\set VERBOSITY sqlstate
CREATE EXTENSION todo;
CREATE EXTENSION todo_auth;

-- Users and passwords
SELECT id, email, name FROM todo_create_user('Ada@example.com', '  Ada Lovelace ', 'correct horse', user_id => 'ada');
SELECT id, name, is_active FROM todo_authenticate('ada@example.com', 'correct horse');
SELECT id FROM todo_authenticate('ada@example.com', 'wrong horse');
SELECT FROM todo_create_user('ADA@EXAMPLE.COM', 'Another', 'battery staple');

-- Tasks
SELECT id, title, completed FROM todo_create_task('ada', '  Buy milk ', 'two litres');
SELECT id, title, completed FROM todo_create_task('ada', 'Call mom');
SELECT id, completed, completed_at >= created_at AS later FROM todo_toggle_task(1, 'ada');
SELECT * FROM todo_task_counts('ada');
SELECT id, title FROM todo_filter_tasks('ada', completed => false);
SELECT id FROM todo_get_task(1, 'someone else');

-- Plain SQL follows the same rules
UPDATE tasks SET title = ' Call home ' WHERE id = 2 RETURNING title;
UPDATE tasks SET title = '   ' WHERE id = 2;
INSERT INTO tasks (user_id, title) VALUES ('nobody', 'x');

-- The guard
DROP TABLE tasks;
DROP EXTENSION todo CASCADE;

-- What Better Auth reads
SELECT id, name, email FROM todo_auth."user";
SELECT "userId", "providerId" FROM todo_auth.account;

SELECT name, detail FROM todo_check() WHERE NOT ok;
SELECT id FROM todo_delete_user('ada');
SELECT count(*) FROM tasks;
