-- Deletes a user with all tasks, and returns the user as it was. Returns no row if there is no such user.
-- Errors: 23502 user_id is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_delete_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_delete_user';

COMMENT ON FUNCTION @extschema@.todo_delete_user(text) IS
    'Deletes a user with all tasks and returns the user as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_user(text) FROM PUBLIC;
