-- Fails unless the table that has this name now belongs to the current role. Functions with the owner's rights call it before they read a
-- table: the owner of the schema could have put another in its place, and would run code with these rights, such as that of a policy.
-- Errors: 55000.
CREATE FUNCTION todo_internal.must_own(
    relation text
)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_roles AS r ON r.rolname = current_user AND (r.oid = c.relowner OR r.rolsuper)
        WHERE c.oid = to_regclass(relation)
    ) THEN
        RAISE EXCEPTION 'table % does not belong to role %', relation, current_user
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.must_own(text) IS
    'Fails unless a table belongs to the current role';

REVOKE ALL ON FUNCTION todo_internal.must_own(text) FROM PUBLIC;
