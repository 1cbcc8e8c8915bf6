-- Returns the cost of new hashes, 4-15.
CREATE FUNCTION todo_internal.bcrypt_cost()
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce((SELECT s.value::integer FROM todo_internal.setting AS s WHERE s.name = 'bcrypt_cost'), 12);
END;

COMMENT ON FUNCTION todo_internal.bcrypt_cost() IS
    'Returns the cost of new hashes';

REVOKE ALL ON FUNCTION todo_internal.bcrypt_cost() FROM PUBLIC;
