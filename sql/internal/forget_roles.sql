-- Takes roles that have been dropped out of the initial privileges of both extensions' objects, and also the given one, if any.
-- Errors: 42501 not a superuser, where there is something to be taken out.
CREATE FUNCTION todo_internal.forget_roles(
    also name DEFAULT NULL
)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE pg_init_privs AS p
    SET initprivs = ARRAY(
        SELECT i.item
        FROM unnest(p.initprivs) AS i (item)
        CROSS JOIN LATERAL (SELECT DISTINCT x.grantee, x.grantor FROM aclexplode(ARRAY[i.item]) AS x) AS a
        LEFT JOIN pg_roles AS e ON e.oid = a.grantee
        LEFT JOIN pg_roles AS o ON o.oid = a.grantor
        WHERE (a.grantee = 0 OR e.oid IS NOT NULL)
          AND o.oid IS NOT NULL
          AND e.rolname IS DISTINCT FROM also
    )
    WHERE (p.classoid, p.objoid, p.objsubid) IN (SELECT d.classoid, d.objoid, d.objsubid FROM todo_internal.dangling_grants() AS d)
       OR EXISTS (
           SELECT
           FROM pg_depend AS d
           JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
           CROSS JOIN aclexplode(p.initprivs) AS a
           JOIN pg_roles AS r ON r.oid = a.grantee
           WHERE d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
             AND x.extname IN ('todo', 'todo_auth')
             AND r.rolname = also
             AND r.rolname <> 'todo_owner'
       )
$$;

COMMENT ON FUNCTION todo_internal.forget_roles(name) IS
    'Takes roles that have been dropped out of the initial privileges of the extensions'' objects';

REVOKE ALL ON FUNCTION todo_internal.forget_roles(name) FROM PUBLIC;
