-- The steps that follow read and write the tables as a superuser, who must not run anything that another role may have put there. An
-- expression can call any function, in ways that no catalog shows, and the role that wrote it need not be the table's current owner. So
-- all expressions except the extension's own are refused. (Ordinary triggers and rules do not fire.)
-- A trigger would later run with the rights of the tables' owner, so it must belong to that role or to a superuser.
DO $$
DECLARE
    problem record;
BEGIN
    SELECT n.nspname, c.relname, p.what INTO problem
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    -- A superuser's tables will be given to the role todo_owner.
    JOIN pg_roles AS r ON r.oid = c.relowner
    CROSS JOIN LATERAL (
        SELECT 'constraint ' || quote_ident(k.conname) AS what
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid
          AND k.contype IN ('c', 'x')
          AND (k.conname, pg_get_constraintdef(k.oid)) NOT IN (
              SELECT e.name, e.definition FROM todo_internal.expected_todo() AS e WHERE e.relation = c.relname AND e.kind = 'constraint'
          )
        UNION ALL
        -- Validating it again would read the other table, with all that is attached to it.
        SELECT 'foreign key ' || quote_ident(k.conname)
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> '@extschema@.users'::regclass
        UNION ALL
        -- To look up a value, PostgreSQL casts it with the rights of these tables' owner; the cast is a function of whoever made the
        -- value's type.
        SELECT format('foreign key %I of table %s', k.conname, k.conrelid::regclass)
        FROM pg_constraint AS k
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        JOIN pg_type AS y ON y.oid = a.atttypid
        LEFT JOIN pg_type AS b ON b.oid = y.typbasetype
        JOIN pg_roles AS o ON o.oid = coalesce(b.typowner, y.typowner)
        WHERE k.confrelid = c.oid AND k.contype = 'f' AND NOT o.rolsuper
        UNION ALL
        SELECT 'index ' || i.indexrelid::regclass
        FROM pg_index AS i
        WHERE i.indrelid = c.oid
          AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
          AND pg_get_indexdef(i.indexrelid) NOT IN (
              SELECT todo_internal.located(e.definition, c.relnamespace)
              FROM todo_internal.expected_todo() AS e
              WHERE e.relation = c.relname AND e.kind = 'index'
          )
        UNION ALL
        SELECT 'statistics ' || quote_ident(s.stxname)
        FROM pg_statistic_ext AS s
        WHERE s.stxrelid = c.oid
        UNION ALL
        SELECT 'trigger ' || quote_ident(t.tgname)
        FROM pg_trigger AS t
        JOIN pg_proc AS f ON f.oid = t.tgfoid
        JOIN pg_roles AS o ON o.oid = f.proowner
        WHERE t.tgrelid = c.oid
          AND NOT t.tgisinternal
          AND (
              t.tgenabled IN ('A', 'R')
              OR NOT (o.rolsuper OR o.oid = c.relowner)
              OR r.rolsuper AND t.tgqual IS NOT NULL
              -- A function may run what its arguments say. PostgreSQL's own do not.
              OR t.tgnargs > 0 AND f.oid >= 16384
          )
        UNION ALL
        SELECT 'rule ' || quote_ident(w.rulename)
        FROM pg_rewrite AS w
        WHERE w.ev_class = c.oid AND (w.ev_enabled IN ('A', 'R') OR r.rolsuper)
    ) AS p
    WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
    ORDER BY c.relname DESC, p.what
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of table % could run code of another role', problem.what, problem.relname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname,
                DETAIL = 'It is not known who created it, and it would run with the rights of a superuser or of the tables'' owner.',
                HINT = 'Nothing has been changed. Drop it, update, and create it again.';
    END IF;
END
$$;
