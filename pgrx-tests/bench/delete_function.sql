\set next :next + 1
\set user (:next - 100000000) % :users + 1
SELECT * FROM todo_delete_task(:next, :user::text);
