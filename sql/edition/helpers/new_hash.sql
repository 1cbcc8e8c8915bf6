-- Returns a new hash of a password: $2b$ at the current cost, of the password's NFC. Errors: those of password().
CREATE FUNCTION todo_internal.new_hash(
    password text
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN '$2b$' || substr(
        todo_internal.bcrypt(todo_internal.password(password), todo_internal.bcrypt_setting(todo_internal.bcrypt_cost())), 5
    );
END
$$;

COMMENT ON FUNCTION todo_internal.new_hash(text) IS
    'Returns a new hash of a password';

REVOKE ALL ON FUNCTION todo_internal.new_hash(text) FROM PUBLIC;
