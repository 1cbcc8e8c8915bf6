\set user random(1, :users)
SELECT * FROM tasks WHERE user_id = :user::text AND completed = false ORDER BY created_at DESC LIMIT 20;
