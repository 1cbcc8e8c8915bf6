-- Users as the functions return them: every column except the hash. A role that may read the view needs no rights on the table.
CREATE VIEW @extschema@.todo_users AS
    SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    FROM @extschema@.users AS u;

REVOKE ALL ON TABLE @extschema@.todo_users FROM PUBLIC;
