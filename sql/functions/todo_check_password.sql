-- Tells whether a bcrypt hash ($2a$, $2b$ or $2y$, cost 4 to 15) is that of a password, in NFC or as given. Returns false for NULL, for
-- a password of more than 72 bytes and for any other hash. Takes the time of one hash, or of two if the password is not in NFC.
-- It is volatile so that the planner does not evaluate it, and so that no HTTP gateway offers it for GET requests, which would put
-- passwords into logs.
CREATE FUNCTION @extschema@.todo_check_password(
    password text,
    hash text
)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_check_password';

COMMENT ON FUNCTION @extschema@.todo_check_password(text, text) IS
    'Tells whether a bcrypt hash is that of a password';

REVOKE ALL ON FUNCTION @extschema@.todo_check_password(text, text) FROM PUBLIC;
