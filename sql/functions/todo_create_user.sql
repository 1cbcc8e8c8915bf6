-- Creates an active user, whose address is not verified; returns it. The name is trimmed, the address kept as given.
-- Errors: 23502 an argument is NULL; 23505 the address is taken, in whatever case; 23514 address or name break a rule;
-- 22001 address over 255 characters, name over 100 characters, password over 72 bytes; 22023 password under 8 characters.
-- With the owner's rights: the caller need not have any on users, whose hashes it must not read.
CREATE FUNCTION @extschema@.todo_create_user(
    email text,
    name text,
    password text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_create_user';

COMMENT ON FUNCTION @extschema@.todo_create_user(text, text, text) IS
    'Creates an active user with a password and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_create_user(text, text, text) FROM PUBLIC;
