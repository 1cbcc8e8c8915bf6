-- Functions that write users first look for code that could run with the owner's rights, even if there is no such user. Together, these
-- do all kinds of writes.
SELECT u.id FROM @extschema@.todo_update_user('', 'nobody@example.com', 'Nobody') AS u;
SELECT u.id FROM @extschema@.todo_set_active('', false) AS u;
SELECT u.id FROM @extschema@.todo_set_password_hash('', '!') AS u;
SELECT u.id FROM @extschema@.todo_delete_user('') AS u
