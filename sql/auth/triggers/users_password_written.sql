-- A password that is written to users replaces the one in user_data. This is so even if it is the same as before, or '!', with
-- which an administrator locks a password in user_data. Runs with the owner's rights, because a role that writes users need not
-- have rights on user_data.
CREATE FUNCTION todo_auth.users_password_written()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.password_hash IS NOT NULL) THEN
        PERFORM todo_internal.refuse_foreign_code('todo_auth.user_data'::regclass);
        UPDATE todo_auth.user_data AS d SET password_hash = NULL WHERE d.user_id = NEW.id;
        DELETE FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.image IS NULL;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_auth.users_password_written() IS
    'Removes the hash in user_data when a password is written to users';

REVOKE ALL ON FUNCTION todo_auth.users_password_written() FROM PUBLIC;

CREATE TRIGGER todo_auth_password_written
    AFTER UPDATE OF hashed_password ON @extschema:todo@.users
    FOR EACH ROW EXECUTE FUNCTION todo_auth.users_password_written();

-- DROP EXTENSION todo_auth drops the trigger, as it drops the function.
ALTER TRIGGER todo_auth_password_written ON @extschema:todo@.users DEPENDS ON EXTENSION todo_auth;
