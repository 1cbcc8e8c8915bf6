-- Gives the role todo_owner what it needs besides its own objects: USAGE on the schema of an extension, and SELECT on users, for the
-- views, if another role owns that table. (If that role owned the views, it could put functions into them.) A superuser calls it at the
-- end of the extensions' scripts.
--
-- PostgreSQL regards every grant in an extension's script as a part of the extension, and dumps leave these out. But a grant on an object
-- that does not belong to the extension belongs to the database. So this function restores the initial privileges that were recorded
-- before (by initdb, for schema public).
CREATE FUNCTION todo_internal.grant_to_owner(
    extension text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app CONSTANT oid := (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = extension);
    users CONSTANT oid := '@extschema@.users'::regclass;
    noted CONSTANT pg_init_privs[] := ARRAY(
        SELECT p
        FROM pg_init_privs AS p
        WHERE (p.classoid, p.objoid, p.objsubid) IN (('pg_namespace'::regclass, app, 0), ('pg_class'::regclass, users, 0))
    );
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO todo_owner', app::regnamespace);
    IF (SELECT c.relowner <> 'todo_owner'::regrole FROM pg_class AS c WHERE c.oid = users) THEN
        EXECUTE format('GRANT SELECT ON TABLE %s TO todo_owner', users::regclass);
    END IF;

    DELETE FROM pg_init_privs AS p
    WHERE (p.classoid, p.objoid, p.objsubid) IN (('pg_namespace'::regclass, app, 0), ('pg_class'::regclass, users, 0));
    INSERT INTO pg_init_privs SELECT n.* FROM unnest(noted) AS n;
    -- From 17 on, PostgreSQL also notes the roles that they name, and all others that have rights on the object.
    DELETE FROM pg_shdepend AS d
    WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
      AND d.deptype = 'i'
      AND (d.classid, d.objid) IN (('pg_namespace'::regclass, app), ('pg_class'::regclass, users))
      AND NOT EXISTS (
          SELECT
          FROM unnest(noted) AS n
          CROSS JOIN LATERAL aclexplode(n.initprivs) AS a
          WHERE (n.classoid, n.objoid, n.objsubid) = (d.classid, d.objid, d.objsubid) AND d.refobjid IN (a.grantee, a.grantor)
      );
END
$$;

COMMENT ON FUNCTION todo_internal.grant_to_owner(text) IS
    'Gives the role todo_owner what it needs besides its own objects';

REVOKE ALL ON FUNCTION todo_internal.grant_to_owner(text) FROM PUBLIC;
