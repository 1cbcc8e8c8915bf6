\set id random(1, 100000)
\set user :id % 1000 + 1
UPDATE bare.tasks SET completed = NOT completed, completed_at = CASE WHEN NOT completed THEN NOW() ELSE NULL END, updated_at = NOW() WHERE id = :id AND user_id = :user::text RETURNING *;
