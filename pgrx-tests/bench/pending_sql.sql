\set user random(1, :users)
SELECT * FROM sql_edition.todo_pending_tasks(:user::text) LIMIT 20;
