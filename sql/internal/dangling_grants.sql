-- Returns the extensions' objects whose initial privileges name a role that has been dropped since. A dump then holds a REVOKE from a role
-- that is only a number, and cannot be restored.
CREATE FUNCTION todo_internal.dangling_grants()
RETURNS TABLE (classoid oid, objoid oid, objsubid integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT p.classoid, p.objoid, p.objsubid
    FROM pg_init_privs AS p
    JOIN pg_depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
    JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
    WHERE e.extname IN (SELECT x FROM todo_internal.extensions() AS x)
      AND EXISTS (
          SELECT
          FROM aclexplode(p.initprivs) AS a
          WHERE (a.grantee <> 0 AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee))
             OR NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantor)
      );
END;

COMMENT ON FUNCTION todo_internal.dangling_grants() IS
    'Returns objects whose initial privileges name roles that have been dropped';

REVOKE ALL ON FUNCTION todo_internal.dangling_grants() FROM PUBLIC;
