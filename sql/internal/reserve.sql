-- Takes all rights on a schema from everyone but its owner. ALTER DEFAULT PRIVILEGES may have given some when the schema was created,
-- and scripts trust what they find in it.
CREATE FUNCTION todo_internal.reserve(
    schema regnamespace
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_namespace AS n
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
        WHERE n.oid = schema AND a.grantee <> n.nspowner
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %s', schema, grantee);
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.reserve(regnamespace) IS
    'Takes all rights on a schema from everyone but its owner';

REVOKE ALL ON FUNCTION todo_internal.reserve(regnamespace) FROM PUBLIC;
