\set user random(1, :users)
SELECT * FROM sql_edition.todo_create_task(:user::text, 'New task', 'Description');
