-- Returns a new bcrypt hash ($2b$) of a password in NFC. todo.bcrypt_cost sets its cost.
-- Errors: 23502 password is NULL; 22023 fewer than 8 characters in NFC; 22001 more than 72 bytes in NFC.
CREATE FUNCTION @extschema@.todo_hash_password(
    password text
)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_hash_password';

COMMENT ON FUNCTION @extschema@.todo_hash_password(text) IS
    'Returns a new bcrypt hash of a password, at the cost that todo.bcrypt_cost sets';

REVOKE ALL ON FUNCTION @extschema@.todo_hash_password(text) FROM PUBLIC;
