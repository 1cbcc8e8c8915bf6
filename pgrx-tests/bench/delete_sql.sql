\set sql_next :sql_next + 1
\set user (:sql_next - 100000000) % :users + 1
SELECT * FROM sql_edition.todo_delete_task(:sql_next, :user::text);
