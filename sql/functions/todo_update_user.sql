-- Changes a user; returns it, or no row when there is none. NULL keeps. Another address, beyond letter case, is not
-- verified.
-- Errors: 23502 user_id is NULL; 23505, 23514, 22001 as in todo_create_user.
-- With the owner's rights: the caller need not have any on users, whose hashes it must not read.
CREATE FUNCTION @extschema@.todo_update_user(
    user_id text,
    email text DEFAULT NULL,
    name text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_update_user';

COMMENT ON FUNCTION @extschema@.todo_update_user(text, text, text) IS
    'Changes address and name of a user and returns it; NULL keeps';

REVOKE ALL ON FUNCTION @extschema@.todo_update_user(text, text, text) FROM PUBLIC;
