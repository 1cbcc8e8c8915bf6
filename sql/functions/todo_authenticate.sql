-- The active user with this address (in whatever ASCII case) and password, or no row. What is wrong cannot be told, by
-- the time it takes neither: unknown address, wrong password, inactive or locked user, malformed hash, NULL, or a
-- password that no user can have. A hash of a lower cost than todo.bcrypt_cost, or of another form of the password than
-- NFC, is renewed, where that needs no waiting and the transaction may write.
-- With the owner's rights: the caller need not have any on users, whose hashes it must not read.
CREATE FUNCTION @extschema@.todo_authenticate(
    email text,
    password text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_authenticate';

COMMENT ON FUNCTION @extschema@.todo_authenticate(text, text) IS
    'The active user with this address and password';

REVOKE ALL ON FUNCTION @extschema@.todo_authenticate(text, text) FROM PUBLIC;
