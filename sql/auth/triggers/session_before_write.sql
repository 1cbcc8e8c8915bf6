-- An inactive user gets no session. The row is left out without an error, because Better Auth reports a missing row as a failed sign-in,
-- but an error as a failure of the server. The user's row is locked, so that no deactivation can happen at the same time. Runs with the
-- caller's rights.
-- Errors: 23502 userId is NULL; 23503 no such user.
CREATE FUNCTION todo_auth.session_before_write()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_active boolean;
BEGIN
    -- The constraint would refuse this, too, but its error would show the row with its token.
    IF NEW."userId" IS NULL THEN
        RAISE EXCEPTION 'userId of a session is missing' USING ERRCODE = 'not_null_violation',
            SCHEMA = 'todo_auth', TABLE = 'session', COLUMN = 'userId';
    END IF;
    SELECT u.is_active INTO is_active
    FROM @extschema:todo@.users AS u
    WHERE u.id = NEW."userId"
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such user' USING ERRCODE = 'foreign_key_violation',
            SCHEMA = 'todo_auth', TABLE = 'session', CONSTRAINT = 'session_userId_fkey';
    END IF;
    RETURN CASE WHEN is_active THEN NEW END;
END
$$;

COMMENT ON FUNCTION todo_auth.session_before_write() IS
    'Keeps inactive users from getting a session';

REVOKE ALL ON FUNCTION todo_auth.session_before_write() FROM PUBLIC;

CREATE TRIGGER session_before_write
    BEFORE INSERT OR UPDATE OF "userId" ON todo_auth.session
    FOR EACH ROW EXECUTE FUNCTION todo_auth.session_before_write();
