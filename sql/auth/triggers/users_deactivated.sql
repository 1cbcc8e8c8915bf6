-- Ends the sessions of a user who is deactivated. Runs with the owner's rights, because a role that writes users need not have
-- rights on sessions.
-- Errors: 25001 the transaction is not at READ COMMITTED. It would not see a session that another one has just created.
CREATE FUNCTION todo_auth.users_deactivated()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'users must be deactivated at READ COMMITTED' USING ERRCODE = 'active_sql_transaction';
    END IF;
    PERFORM todo_internal.refuse_foreign_code('todo_auth.session'::regclass);
    DELETE FROM todo_auth.session AS s WHERE s."userId" = NEW.id;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_auth.users_deactivated() IS
    'Ends the sessions of a user who is deactivated';

REVOKE ALL ON FUNCTION todo_auth.users_deactivated() FROM PUBLIC;

CREATE TRIGGER todo_auth_deactivated
    AFTER UPDATE ON @extschema:todo@.users
    FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION todo_auth.users_deactivated();

-- DROP EXTENSION todo_auth drops the trigger, as it drops the function.
ALTER TRIGGER todo_auth_deactivated ON @extschema:todo@.users DEPENDS ON EXTENSION todo_auth;
