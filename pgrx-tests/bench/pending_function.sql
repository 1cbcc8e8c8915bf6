\set user random(1, :users)
SELECT * FROM todo_pending_tasks(:user::text) LIMIT 20;
