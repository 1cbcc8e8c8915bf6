\set id random(1, 100000)
\set user :id % 1000 + 1
SELECT * FROM todo_complete_task(:id, :user::text);
