-- Takes all rights on a schema from everyone but its owner. ALTER DEFAULT PRIVILEGES may have given some when the schema was created,
-- and scripts trust what they find in it. PostgreSQL notes the change as the extension's, also where the schema does not belong to the
-- extension. It is then the database's own, and dumps must include it.
CREATE FUNCTION todo_internal.reserve(
    schema regnamespace
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_own CONSTANT boolean := NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = schema AND d.deptype = 'e'
    ) AND NOT EXISTS (
        SELECT FROM pg_init_privs AS p WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = schema
    );
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_namespace AS n
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
        WHERE n.oid = schema AND a.grantee <> n.nspowner
    LOOP
        -- Others may have got theirs from these.
        EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %s CASCADE', schema, grantee);
    END LOOP;
    IF is_own THEN
        DELETE FROM pg_init_privs AS p WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = schema;
        -- From 17 on, PostgreSQL also notes the roles.
        DELETE FROM pg_shdepend AS d
        WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
          AND d.deptype = 'i' AND d.classid = 'pg_namespace'::regclass AND d.objid = schema;
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.reserve(regnamespace) IS
    'Takes all rights on a schema from everyone but its owner';

REVOKE ALL ON FUNCTION todo_internal.reserve(regnamespace) FROM PUBLIC;
