\set user random(1, :users)
SELECT * FROM todo_create_task(:user::text, 'New task', 'Description');
