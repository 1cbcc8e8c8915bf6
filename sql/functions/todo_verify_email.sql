-- Marks the current address of a user as verified, and returns the user. Returns no row if there is no such user.
-- Errors: 23502 user_id is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_verify_email(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_verify_email';

COMMENT ON FUNCTION @extschema@.todo_verify_email(text) IS
    'Marks the address of a user as verified and returns the user';

REVOKE ALL ON FUNCTION @extschema@.todo_verify_email(text) FROM PUBLIC;
