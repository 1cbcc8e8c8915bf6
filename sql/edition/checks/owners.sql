-- Checks, for todo_check(), whether one role owns everything, and is not a superuser: functions run with the rights of this role. So the
-- schema must not belong to a role that could replace what is in it. Nor may any function see passwords that is not pgcrypto's.
CREATE FUNCTION todo_internal.check_owners()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH owned AS (
        SELECT 'owner of ' || c.relname AS name, c.relowner AS owner,
            format('ALTER %s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass) AS change, e.extowner
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT 'owner of ' || p.proname, p.proowner, 'ALTER FUNCTION ' || p.oid::regprocedure, e.extowner
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.proowner <> e.extowner
    )
    SELECT o.name, o.owner = o.extowner, o.owner::regrole::text, format('%s OWNER TO %s', o.change, o.extowner::regrole)
    FROM owned AS o
    UNION ALL
    SELECT format('owner of schema %s', n.nspname), NOT r.rolsuper, r.rolname || CASE WHEN r.rolsuper THEN ', a superuser' ELSE '' END,
        format('REASSIGN OWNED BY %I TO a role that is not a superuser', r.rolname)
    FROM todo_internal.extension AS e
    JOIN pg_namespace AS n ON n.oid = e.oid
    JOIN pg_roles AS r ON r.oid = e.extowner
    UNION ALL
    SELECT format('owner of schema %s', n.nspname), pg_has_role(o.oid, e.extowner, 'MEMBER'), o.oid::regrole::text,
        format('ALTER SCHEMA %I OWNER TO %s', n.nspname, e.extowner::regrole)
    FROM todo_internal.extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    CROSS JOIN LATERAL (
        -- The member of pg_database_owner is the owner of the database.
        SELECT CASE n.nspowner WHEN to_regrole('pg_database_owner') THEN d.datdba ELSE n.nspowner END AS oid
        FROM pg_database AS d
        WHERE d.datname = current_database()
    ) AS o
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'pgcrypto', count(f.*) = 0,
        CASE WHEN count(f.*) = 0 THEN 'hashes passwords' ELSE 'passwords are passed to ' || string_agg(f::text, ', ') END,
        'run the script of todo again, and let users choose new passwords'
    FROM todo_internal.not_of_pgcrypto() AS f;
END;

COMMENT ON FUNCTION todo_internal.check_owners() IS
    'Checks whether one role owns everything, and is not a superuser';

REVOKE ALL ON FUNCTION todo_internal.check_owners() FROM PUBLIC;
