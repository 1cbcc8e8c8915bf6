-- Plain SQL without a SET clause, so that PostgreSQL inlines it. What it returns is described with the function of the extension.
CREATE FUNCTION @extschema@.todo_current_user_id()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN pg_catalog.current_setting('todo.user_id', true) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.current_setting('todo.user_id', true)
        WHEN pg_catalog.current_setting('request.jwt.claims', true) OPERATOR(pg_catalog.<>) ''
            THEN pg_catalog.current_setting('request.jwt.claims', true)::pg_catalog.jsonb OPERATOR(pg_catalog.->>) 'sub'
    END
$$;

COMMENT ON FUNCTION @extschema@.todo_current_user_id() IS
    'Returns the id of the current user: todo.user_id, or else sub of request.jwt.claims';

REVOKE ALL ON FUNCTION @extschema@.todo_current_user_id() FROM PUBLIC;
