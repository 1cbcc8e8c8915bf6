-- A new bcrypt hash ($2b$) of a password's NFC, at the cost that todo.bcrypt_cost says.
-- Errors: 23502 password is NULL; 22023 shorter than 8 characters in NFC; 22001 longer than 72 bytes in NFC.
CREATE FUNCTION @extschema@.todo_hash_password(
    password text
)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_hash_password';

COMMENT ON FUNCTION @extschema@.todo_hash_password(text) IS
    'A new bcrypt hash of a password, at the cost of todo.bcrypt_cost';

REVOKE ALL ON FUNCTION @extschema@.todo_hash_password(text) FROM PUBLIC;
