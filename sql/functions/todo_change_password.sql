-- Changes the password of an active user. Returns false if the current password is wrong or there is no such user.
-- Errors: 23502 an argument is NULL; 22023 the new password has fewer than 8 characters; 22001 it has more than 72 bytes;
-- 25006 the transaction is read-only; 55000 a trigger of the application kept it from being stored.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_change_password(
    user_id text,
    current_password text,
    new_password text
)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_change_password';

COMMENT ON FUNCTION @extschema@.todo_change_password(text, text, text) IS
    'Changes the password of an active user who gives the current one; false if that is wrong';

REVOKE ALL ON FUNCTION @extschema@.todo_change_password(text, text, text) FROM PUBLIC;
