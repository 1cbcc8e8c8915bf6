-- What follows writes to the tables as a superuser, who must not run functions of another owner. (The owner's ordinary
-- triggers and rules do not fire.)
DO $$
DECLARE
    problem record;
BEGIN
    SELECT n.nspname, c.relname, r.rolname, p.what INTO problem
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_roles AS r ON r.oid = c.relowner AND NOT r.rolsuper
    CROSS JOIN LATERAL (
        SELECT 'constraint ' || quote_ident(k.conname) AS what
        FROM pg_constraint AS k
        JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
        LEFT JOIN pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
        JOIN pg_proc AS f
            ON f.oid = o.oprcode OR d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
        JOIN pg_language AS l ON l.oid = f.prolang AND l.lanname NOT IN ('internal', 'c')
        WHERE k.conrelid = c.oid
        UNION ALL
        SELECT 'index ' || i.indexrelid::regclass
        FROM pg_index AS i
        JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        LEFT JOIN pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
        JOIN pg_proc AS f
            ON f.oid = o.oprcode OR d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
        JOIN pg_language AS l ON l.oid = f.prolang AND l.lanname NOT IN ('internal', 'c')
        WHERE i.indrelid = c.oid
        UNION ALL
        SELECT 'trigger ' || quote_ident(t.tgname)
        FROM pg_trigger AS t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')
        UNION ALL
        SELECT 'rule ' || quote_ident(w.rulename)
        FROM pg_rewrite AS w
        WHERE w.ev_class = c.oid AND w.ev_enabled IN ('A', 'R')
    ) AS p
    WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of table % runs functions of %, who is no superuser', problem.what, problem.relname, problem.rolname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname,
                HINT = 'Nothing has been changed. Drop it, update, and make it again.';
    END IF;
END
$$;
