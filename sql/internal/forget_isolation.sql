-- Ends the isolation of a role that no longer exists. Returns whether there was one.
-- Errors: 42501 the caller may not write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.forget_isolation(
    role text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regrole(quote_ident(role)) IS NOT NULL OR NOT has_table_privilege('todo_internal.isolated_roles', 'DELETE') THEN
        RETURN false;
    END IF;
    -- As in schema_for_grants().
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
        AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE i.bound <> '{}')
    THEN
        RAISE EXCEPTION 'rights cannot be changed at isolation level % while a role is isolated', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
    DELETE FROM todo_internal.isolated_roles AS i WHERE i.role = forget_isolation.role;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM todo_internal.keep_isolation();
    RETURN true;
END
$$;

COMMENT ON FUNCTION todo_internal.forget_isolation(text) IS
    'Ends the isolation of a role that no longer exists';

REVOKE ALL ON FUNCTION todo_internal.forget_isolation(text) FROM PUBLIC;
