\set user random(1, 1000)
SELECT d.* FROM sql_edition.todo_create_task(:user::text, 'New task', 'Description') AS t, sql_edition.todo_delete_task(t.id, t.user_id) AS d;
