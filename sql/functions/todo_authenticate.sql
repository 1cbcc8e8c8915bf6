-- Returns the active user with this address (ASCII letter case is ignored) and password. A failed login returns no row and never
-- says why: for an unknown address, a wrong password, an inactive or locked user, a malformed hash, NULL, or a password that no user
-- can have, the answer and the time it takes are the same.
-- The hash is renewed if its cost is below todo.bcrypt_cost, or if it was made from a password that was not in NFC. That is skipped
-- where it would wait for a lock, or where the transaction is read-only.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
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
    'Returns the active user with this address and password';

REVOKE ALL ON FUNCTION @extschema@.todo_authenticate(text, text) FROM PUBLIC;
