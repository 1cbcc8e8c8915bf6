-- Removes dropped roles, and the given role if there is one, from the initial privileges of the extensions' objects.
-- Errors: 42501 there is something to remove, and the caller is not a superuser.
CREATE FUNCTION todo_internal.forget_roles(
    also name DEFAULT NULL
)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH kept AS (
        SELECT p.ctid AS place, p.classoid, p.objoid, p.objsubid, p.initprivs,
            (
                SELECT array_agg(i.item)
                FROM unnest(p.initprivs) AS i (item)
                CROSS JOIN LATERAL (SELECT DISTINCT x.grantee, x.grantor FROM aclexplode(ARRAY[i.item]) AS x) AS a
                JOIN pg_roles AS o ON o.oid = a.grantor
                LEFT JOIN pg_roles AS e ON e.oid = a.grantee
                -- The grantor is the owner, who stays.
                WHERE a.grantee = 0 OR e.oid IS NOT NULL AND (e.rolname IS DISTINCT FROM also OR e.oid = o.oid)
            ) AS items
        FROM pg_init_privs AS p
        JOIN pg_depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
        JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
        WHERE x.extname IN (SELECT n FROM todo_internal.extensions() AS n)
    ), removed AS (
        DELETE FROM pg_init_privs AS p USING kept AS k WHERE p.ctid = k.place AND k.items IS NULL
    ), released AS (
        -- From 17 on, PostgreSQL also notes that the role is named.
        DELETE FROM pg_shdepend AS d
        USING kept AS k
        WHERE (d.classid, d.objid, d.objsubid) = (k.classoid, k.objoid, k.objsubid)
          AND d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
          AND d.deptype = 'i'
          AND (d.refclassid, d.refobjid) = ('pg_authid'::regclass, (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = also))
    )
    UPDATE pg_init_privs AS p
    SET initprivs = k.items
    FROM kept AS k
    WHERE p.ctid = k.place AND cardinality(k.items) < cardinality(k.initprivs)
$$;

COMMENT ON FUNCTION todo_internal.forget_roles(name) IS
    'Removes roles that have been dropped from the initial privileges of the extensions'' objects';

REVOKE ALL ON FUNCTION todo_internal.forget_roles(name) FROM PUBLIC;
