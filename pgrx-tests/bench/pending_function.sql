\set user random(1, 1000)
SELECT * FROM todo_pending_tasks(:user::text) LIMIT 20;
