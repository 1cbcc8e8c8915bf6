-- Activates or deactivates a user, and returns it. A deactivated user cannot log in. Returns no row if there is no such user.
-- Errors: 23502 an argument is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_set_active(
    user_id text,
    active boolean
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_set_active';

COMMENT ON FUNCTION @extschema@.todo_set_active(text, boolean) IS
    'Activates or deactivates a user and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_set_active(text, boolean) FROM PUBLIC;
