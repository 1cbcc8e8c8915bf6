-- Changes a user and returns it. Returns no row if there is no such user. NULL keeps a value. An address that changes in
-- more than letter case is no longer verified.
-- Errors: 23502 user_id is NULL; 23505, 23514 and 22001 as in todo_create_user.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_update_user(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    email text DEFAULT NULL,
    name text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_update_user';

COMMENT ON FUNCTION @extschema@.todo_update_user(text, text, text) IS
    'Changes address and name of a user and returns it; NULL keeps a value';

REVOKE ALL ON FUNCTION @extschema@.todo_update_user(text, text, text) FROM PUBLIC;
