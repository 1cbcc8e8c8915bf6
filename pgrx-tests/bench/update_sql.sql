\set id random(1, 100000)
\set user :id % 1000 + 1
SELECT * FROM sql_edition.todo_update_task(:id, :user::text, 'Other title ' || :id, 'Other description');
