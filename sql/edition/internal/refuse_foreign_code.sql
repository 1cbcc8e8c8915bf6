SET search_path = pg_catalog, pg_temp
DECLARE
    writer CONSTANT oid := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = written);
    problem record;
BEGIN
    EXECUTE format('LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE', written);
    -- What foreign keys do to the tables that refer to this one. The events are those of pg_trigger.tgtype: 4 INSERT, 8 DELETE, 16 UPDATE.
    WITH RECURSIVE reached (oid, events) AS (
        SELECT written::oid, 28
        UNION
        SELECT n.oid, CASE WHEN n.is_in_parts AND n.events & 16 <> 0 THEN 28 ELSE n.events END
        FROM reached AS r
        CROSS JOIN LATERAL (
            SELECT k.conrelid, c.relkind = 'p',
                CASE WHEN r.events & 8 = 0 THEN 0 WHEN k.confdeltype = 'c' THEN 8 WHEN k.confdeltype IN ('n', 'd') THEN 16 ELSE 0 END
                    | CASE WHEN r.events & 16 <> 0 AND k.confupdtype IN ('c', 'n', 'd') THEN 16 ELSE 0 END
            FROM pg_constraint AS k
            JOIN pg_class AS c ON c.oid = k.conrelid
            WHERE k.confrelid = r.oid AND k.contype = 'f'
            UNION ALL
            SELECT i.inhrelid, false, r.events
            FROM pg_inherits AS i
            JOIN pg_class AS c ON c.oid = i.inhparent AND c.relkind = 'p'
            WHERE i.inhparent = r.oid
        ) AS n (oid, is_in_parts, events)
        WHERE n.events <> 0
    )
    SELECT t.tgname, c.oid::regclass AS tab INTO problem
    FROM reached AS r
    JOIN pg_class AS c ON c.oid = r.oid
    JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgtype & r.events <> 0 AND NOT t.tgisinternal
    JOIN pg_proc AS f ON f.oid = t.tgfoid
    JOIN pg_roles AS p ON p.oid = f.proowner
    WHERE NOT (p.oid = writer OR p.rolsuper)
       -- On these tables, only their owner makes triggers. On others, arguments may be names or SQL that the function uses.
       OR t.tgnargs > 0 AND f.oid >= 16384 AND c.oid NOT IN (SELECT d.objid FROM todo_internal.depend AS d WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e')
       -- A condition may call immutable functions of PostgreSQL only, which are no dependencies.
       OR t.tgqual IS NOT NULL AND (
           t.tgqual::text ~ 'COERCEVIAIO'
           OR EXISTS (
               SELECT
               FROM regexp_matches(t.tgqual::text, 'funcid ([0-9]+)', 'g') AS m (number)
               JOIN pg_proc AS i ON i.oid = m.number[1]::oid AND i.provolatile <> 'i'
           )
           OR EXISTS (
               SELECT
               FROM pg_depend d
               WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
                 AND CASE d.refclassid
                     WHEN 'pg_proc'::regclass THEN d.refobjid <> t.tgfoid
                     ELSE d.refclassid NOT IN ('pg_class'::regclass, 'pg_trigger'::regclass)
                 END
           )
       )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'trigger % of table % could run code of another role', problem.tgname, problem.tab
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'The trigger''s function must belong to a superuser, or to the owner of the tables. Its WHEN may call only '
                    'PostgreSQL''s own immutable functions. On tables that refer to these, it must have no arguments.';
    END IF;
END
