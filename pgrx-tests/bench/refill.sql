\set fresh :fresh + 1
\set user (:fresh - 100000000) % :users + 1
INSERT INTO tasks (id, user_id, title, description) VALUES (:fresh, :user::text, 'New task', 'Description');
INSERT INTO sql_edition.tasks (id, user_id, title, description) VALUES (:fresh, :user::text, 'New task', 'Description');
