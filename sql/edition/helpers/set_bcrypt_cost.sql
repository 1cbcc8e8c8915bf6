-- Sets the cost of new hashes, in all sessions: the base-2 logarithm of bcrypt's rounds. Only the owner can.
-- Errors: 22023 the cost is not in 4 to 15.
CREATE FUNCTION todo_internal.set_bcrypt_cost(
    cost integer
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (cost BETWEEN 4 AND 15) IS NOT TRUE THEN
        RAISE EXCEPTION 'cost must be in 4 to 15' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO todo_internal.setting (name, value)
    VALUES ('bcrypt_cost', cost::text)
    ON CONFLICT ON CONSTRAINT setting_pkey DO UPDATE SET value = EXCLUDED.value;
END
$$;

COMMENT ON FUNCTION todo_internal.set_bcrypt_cost(integer) IS
    'Sets the cost of new hashes';

REVOKE ALL ON FUNCTION todo_internal.set_bcrypt_cost(integer) FROM PUBLIC;
