-- Returns the user with this id, if active.
CREATE FUNCTION todo_internal.active_user(
    user_id text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    \i statements/active_user.sql
$$;

COMMENT ON FUNCTION todo_internal.active_user(text) IS
    'Returns the user with this id, if active';

REVOKE ALL ON FUNCTION todo_internal.active_user(text) FROM PUBLIC;
