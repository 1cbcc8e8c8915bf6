-- Returns the NFC of a new password, which is what is hashed.
-- Errors: 22001 it has more than 72 bytes; 22023 it has fewer than 8 characters.
CREATE FUNCTION todo_internal.password(
    password text
)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A longer text is not looked at: its NFC has at least a quarter of its bytes.
    IF octet_length(password) <= 4 * 72 THEN
        password := normalize(password, NFC);
    END IF;
    IF octet_length(password) > 72 THEN
        RAISE EXCEPTION 'password is longer than 72 bytes'
            USING ERRCODE = 'string_data_right_truncation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'hashed_password';
    END IF;
    IF char_length(password) < 8 THEN
        RAISE EXCEPTION 'password is shorter than 8 characters'
            USING ERRCODE = 'invalid_parameter_value', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'hashed_password';
    END IF;
    RETURN password;
END
$$;

COMMENT ON FUNCTION todo_internal.password(text) IS
    'Returns the form of a new password that is hashed';

REVOKE ALL ON FUNCTION todo_internal.password(text) FROM PUBLIC;
