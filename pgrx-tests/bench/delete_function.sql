\set user random(1, 1000)
SELECT d.* FROM todo_create_task(:user::text, 'New task', 'Description') AS t, todo_delete_task(t.id, t.user_id) AS d;
