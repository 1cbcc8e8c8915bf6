\set user random(1, :users)
INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at) VALUES (:user::text, 'New task', 'Description', false, NOW(), NOW()) RETURNING *;
