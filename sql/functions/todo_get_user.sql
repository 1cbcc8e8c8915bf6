-- Returns the user with this id.
CREATE FUNCTION @extschema@.todo_get_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE u.id OPERATOR(pg_catalog.=) $1
$$;

COMMENT ON FUNCTION @extschema@.todo_get_user(text) IS
    'Returns the user with this id';

REVOKE ALL ON FUNCTION @extschema@.todo_get_user(text) FROM PUBLIC;
