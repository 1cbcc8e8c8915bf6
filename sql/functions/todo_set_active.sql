-- Activates or deactivates a user, who cannot log in then; returns the user, or no row when there is none.
-- Errors: 23502 an argument is NULL.
-- With the owner's rights: the caller need not have any on users, whose hashes it must not read.
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
