-- Returns the user with this address; ASCII letter case is ignored.
CREATE FUNCTION @extschema@.todo_find_user(
    email text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C")
        OPERATOR(pg_catalog.=) pg_catalog.lower($1 COLLATE pg_catalog."C")
$$;

COMMENT ON FUNCTION @extschema@.todo_find_user(text) IS
    'Returns the user with this address, in any letter case';

REVOKE ALL ON FUNCTION @extschema@.todo_find_user(text) FROM PUBLIC;
