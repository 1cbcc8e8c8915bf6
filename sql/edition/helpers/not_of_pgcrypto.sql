-- Returns the functions outside todo that hash passwords, if they are not pgcrypto's own: they see every password.
CREATE FUNCTION todo_internal.not_of_pgcrypto()
RETURNS SETOF regprocedure
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.oid::regprocedure
    FROM pg_depend d
    JOIN pg_proc AS f ON f.oid = d.refobjid AND f.pronamespace NOT IN ('pg_catalog'::regnamespace, 'todo_internal'::regnamespace)
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass
      AND d.objid IN (to_regprocedure('todo_internal.bcrypt(text, text)'), to_regprocedure('todo_internal.bcrypt_setting(integer)'))
      AND NOT (
          -- The owner of the extension can add functions to it, but those of PostgreSQL's script belong to a superuser.
          EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = f.proowner AND r.rolsuper)
          AND EXISTS (
              SELECT
              FROM pg_depend m
              JOIN pg_catalog.pg_extension x ON x.oid = m.refobjid AND x.extname = 'pgcrypto'
              WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
          )
      )
$$;

COMMENT ON FUNCTION todo_internal.not_of_pgcrypto() IS
    'Returns the functions that hash passwords, if they are not pgcrypto''s own';

REVOKE ALL ON FUNCTION todo_internal.not_of_pgcrypto() FROM PUBLIC;
