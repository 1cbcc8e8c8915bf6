\set id random(1, :tasks)
\set user :id % :users + 1
UPDATE tasks SET title = 'Other title ' || :id, description = 'Other description', updated_at = NOW() WHERE id = :id AND user_id = :user::text RETURNING *;
