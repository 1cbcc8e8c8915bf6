-- bcrypt as pgcrypto has it, for $2a$ alone. For passwords of up to 72 bytes, $2b$ and $2y$ are the same algorithm. The bodies are bound to
-- pgcrypto's functions, in whatever schema they are, so that pgcrypto cannot be dropped.
CREATE FUNCTION todo_internal.bcrypt(
    password text,
    setting text
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT @pgcrypto@.crypt(password, setting);
END;

COMMENT ON FUNCTION todo_internal.bcrypt(text, text) IS
    'Returns the bcrypt hash of a password';

REVOKE ALL ON FUNCTION todo_internal.bcrypt(text, text) FROM PUBLIC;

CREATE FUNCTION todo_internal.bcrypt_setting(
    cost integer
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT @pgcrypto@.gen_salt('bf', cost);
END;

COMMENT ON FUNCTION todo_internal.bcrypt_setting(integer) IS
    'Returns a random salt for bcrypt, with the cost';

REVOKE ALL ON FUNCTION todo_internal.bcrypt_setting(integer) FROM PUBLIC;
