\set user random(1, 1000)
SELECT * FROM sql_edition.todo_create_task(:user::text, 'New task', 'Description');
