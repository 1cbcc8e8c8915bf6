-- A user who is not active gets no session: no row, which Better Auth takes for a failed sign-in (an error it would not). The
-- user's row is locked against a deactivation at the same time. With the caller's rights.
CREATE FUNCTION todo_auth.session_before_insert()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_active boolean;
BEGIN
    SELECT u.is_active INTO is_active
    FROM @extschema:todo@.users AS u
    WHERE u.id = NEW."userId"
    FOR SHARE;
    -- That there is no such user is for the foreign key to say.
    RETURN CASE WHEN FOUND AND NOT is_active THEN NULL ELSE NEW END;
END
$$;

COMMENT ON FUNCTION todo_auth.session_before_insert() IS
    'Keeps users who are not active from getting a session';

REVOKE ALL ON FUNCTION todo_auth.session_before_insert() FROM PUBLIC;

CREATE TRIGGER session_before_insert
    BEFORE INSERT ON todo_auth.session
    FOR EACH ROW EXECUTE FUNCTION todo_auth.session_before_insert();
