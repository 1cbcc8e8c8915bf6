\set id random(1, :tasks)
\set user :id % :users + 1
UPDATE bare.tasks SET completed = NOT completed, completed_at = CASE WHEN NOT completed THEN NOW() ELSE NULL END, updated_at = NOW() WHERE id = :id AND user_id = :user::text RETURNING *;
