\set user random(1, 1000)
SELECT * FROM sql_edition.todo_pending_tasks(:user::text) LIMIT 20;
