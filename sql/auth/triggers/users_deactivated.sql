-- The sessions of a user who is deactivated end. With the owner's rights: who writes users need have none on sessions.
CREATE FUNCTION todo_auth.users_deactivated()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
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

-- It goes with the extension, as the function does.
ALTER TRIGGER todo_auth_deactivated ON @extschema:todo@.users DEPENDS ON EXTENSION todo_auth;
