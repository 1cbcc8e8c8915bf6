-- Sets the hash of a user, for administrators and imports; '!' locks the password. Returns the user, or no row if there is no such user.
-- Runs with the caller's rights.
-- Errors: 23502 an argument is NULL; 23514 the hash is not a bcrypt hash of cost 4 to 15.
CREATE FUNCTION @extschema@.todo_set_password_hash(
    user_id text,
    hash text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_set_password_hash';

COMMENT ON FUNCTION @extschema@.todo_set_password_hash(text, text) IS
    'Sets the bcrypt hash of a user, or locks the password with ''!'', and returns the user';

REVOKE ALL ON FUNCTION @extschema@.todo_set_password_hash(text, text) FROM PUBLIC;
