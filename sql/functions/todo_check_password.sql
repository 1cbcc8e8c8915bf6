-- Whether a bcrypt hash ($2a$, $2b$, $2y$, cost 4-15) is that of a password, in NFC or as given. False for NULL, a password
-- of over 72 bytes and whatever is no such hash, after the time that one hash takes, or two if it is not in NFC.
-- Volatile: it must not be evaluated by the planner, nor offered by an HTTP gateway as a GET request, which would log the
-- password.
CREATE FUNCTION @extschema@.todo_check_password(
    password text,
    hash text
)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_check_password';

COMMENT ON FUNCTION @extschema@.todo_check_password(text, text) IS
    'Whether a bcrypt hash is that of a password';

REVOKE ALL ON FUNCTION @extschema@.todo_check_password(text, text) FROM PUBLIC;
