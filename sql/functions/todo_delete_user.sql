-- Deletes a user and all tasks of that user; returns the user as it was, or no row when there is none.
-- Errors: 23502 user_id is NULL.
-- With the owner's rights: the caller need not have any on users, whose hashes it must not read.
CREATE FUNCTION @extschema@.todo_delete_user(
    user_id text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_delete_user';

COMMENT ON FUNCTION @extschema@.todo_delete_user(text) IS
    'Deletes a user with all tasks and returns the user as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_user(text) FROM PUBLIC;
