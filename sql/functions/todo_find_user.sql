-- The user with this address, in whatever ASCII case, or no row.
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
    'The user with this address, in whatever case';

REVOKE ALL ON FUNCTION @extschema@.todo_find_user(text) FROM PUBLIC;
