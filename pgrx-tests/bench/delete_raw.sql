\set next :next + 1
\set user (:next - 100000000) % :users + 1
DELETE FROM tasks WHERE id = :next AND user_id = :user::text RETURNING *;
