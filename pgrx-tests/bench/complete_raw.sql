\set id random(1, :tasks)
\set user :id % :users + 1
UPDATE tasks SET completed = true, completed_at = NOW(), updated_at = NOW() WHERE id = :id AND user_id = :user::text RETURNING *;
