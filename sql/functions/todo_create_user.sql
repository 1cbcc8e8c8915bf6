-- Creates an active user, whose address is not verified yet, and returns it. The name is trimmed; address and id are kept as given.
-- Without an id, the user gets a random UUID. An application passes one if it must know the id before the user exists.
-- Errors: 23502 email, name or password is NULL; 23505 the address is taken, in any letter case, or the id is; 23514 address or
-- name break a rule, or the id is empty; 22001 address over 255 characters, name over 100 characters, id over 36 characters,
-- password over 72 bytes; 22023 password under 8 characters.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_create_user(
    email text,
    name text,
    password text,
    user_id text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_create_user';

COMMENT ON FUNCTION @extschema@.todo_create_user(text, text, text, text) IS
    'Creates an active user with a password, and with the given id or a new one, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_create_user(text, text, text, text) FROM PUBLIC;
