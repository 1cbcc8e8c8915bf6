-- Tells whether a hash is that of these very bytes. Takes the time of one hash at the current cost, even if there is no password or no
-- hash, or if the hash is malformed or has a lower cost. (A hash of a higher cost takes longer.)
CREATE FUNCTION todo_internal.is_hash_of(
    hash text,
    password text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    current_cost CONSTANT integer := todo_internal.bcrypt_cost();
    -- Salt and hash are not whole characters of base64. What is left of the last one must be zero.
    cost integer := substring(
        hash FROM '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$'
    )::integer;
    wanted CONSTANT text := '$2a$' || substr(hash, 5);
    salt CONSTANT text := '$' || repeat('.', 22);
BEGIN
    IF password IS NULL OR cost IS NULL THEN
        PERFORM todo_internal.bcrypt('no such password', '$2a$' || lpad(current_cost::text, 2, '0') || salt);
        RETURN false;
    END IF;
    IF todo_internal.bcrypt(password, wanted) = wanted THEN
        RETURN true;
    END IF;
    -- The rounds of costs c, c + 1, ... S - 1 add up to those of S less those of c.
    WHILE cost < current_cost LOOP
        PERFORM todo_internal.bcrypt('no such password', '$2a$' || lpad(cost::text, 2, '0') || salt);
        cost := cost + 1;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION todo_internal.is_hash_of(text, text) IS
    'Tells whether a hash is that of these very bytes';

REVOKE ALL ON FUNCTION todo_internal.is_hash_of(text, text) FROM PUBLIC;
