\set id random(1, 100000)
\set user :id % 1000 + 1
SELECT * FROM sql_edition.todo_complete_task(:id, :user::text);
