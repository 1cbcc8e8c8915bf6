\set id random(1, :tasks)
\set user :id % :users + 1
SELECT * FROM sql_edition.todo_toggle_task(:id, :user::text);
