-- Refuses a command that has changed or dropped something that todo needs. Only objects that the command has touched are judged, by what
-- they were like before, so something that was wrong already blocks nothing. A command may restore what is expected.
-- It runs with the rights of its owner, so that roles that run DDL need no rights on the guard.
-- In a database that was restored, and after pg_upgrade, objects have other OIDs: the first command there is not judged, but has the facts
-- collected anew.
-- Errors: 2BP01; 25001 the transaction's snapshot is older than this guard.
CREATE FUNCTION todo_guard.judge()
RETURNS event_trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Catalogs are looked up by their indexes, even if they were small when a session planned this.
SET enable_seqscan = off
AS $$
DECLARE
    own CONSTANT oid := 'todo_guard.judge'::regproc;
    is_here boolean;
    touched oid[];
    home regnamespace;
    changes jsonb;
    problem text;
BEGIN
    -- These two are one statement each, because most commands touch nothing of todo. The list is what keep() has made.
    IF TG_TAG = 'COMMENT' THEN
        RETURN;
    ELSIF TG_EVENT = 'sql_drop' THEN
        SELECT
            bool_and(coalesce(starts_with(l.description, own || ' '), false)),
            array_agg(o.oid) FILTER (WHERE l.description LIKE '%,' || o.oid || ',%')
        INTO is_here, touched
        FROM pg_event_trigger_dropped_objects() AS d
        LEFT JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            -- The table of a constraint, default or trigger.
            SELECT c.oid
            FROM pg_namespace AS n
            JOIN pg_class AS c ON c.relnamespace = n.oid
            WHERE n.nspname = d.address_names[1] AND c.relname = d.address_names[2] AND cardinality(d.address_names) = 3
        ) AS o (oid);
        -- Any other command that drops an index also drops its table, a column or a constraint.
        IF TG_TAG = 'DROP INDEX' AND EXISTS (
            SELECT
            FROM pg_event_trigger_dropped_objects() AS d
            JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
            WHERE position(',' || d.object_name || ',' IN l.description) > 0
        ) THEN
            SELECT array_agg(k.object) INTO touched
            FROM pg_event_trigger_dropped_objects() AS d
            JOIN todo_guard.known() AS k ON k.kind = 'index' AND k.name = d.object_name;
        END IF;
    ELSE
        SELECT
            bool_and(coalesce(starts_with(l.description, own || ' '), false)),
            array_agg(o.oid) FILTER (WHERE l.description LIKE '%,' || o.oid || ',%')
        INTO is_here, touched
        FROM pg_event_trigger_ddl_commands() AS d
        LEFT JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = d.objid
            UNION ALL
            SELECT k.conrelid FROM pg_constraint AS k WHERE k.oid = d.objid
            UNION ALL
            SELECT t.tgrelid FROM pg_trigger AS t WHERE t.oid = d.objid
            UNION ALL
            SELECT w.ev_class FROM pg_rewrite AS w WHERE w.oid = d.objid
            UNION ALL
            SELECT CASE d.objid WHEN h.inhrelid THEN h.inhparent ELSE h.inhrelid END
            FROM pg_inherits AS h
            WHERE h.inhrelid = d.objid OR h.inhparent = d.objid
        ) AS o (oid);
    END IF;
    IF NOT is_here THEN
        IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
            RAISE EXCEPTION 'this transaction is older than the guard of todo'
                USING ERRCODE = 'active_sql_transaction', HINT = 'Begin a new transaction, or use READ COMMITTED.';
        END IF;
        PERFORM todo_guard.remember();
        RETURN;
    ELSIF touched IS NULL THEN
        RETURN;
    END IF;

    SELECT split_part(l.description, ' ', 2)::oid INTO home
    FROM pg_description AS l
    WHERE l.classoid = 'pg_proc'::regclass AND l.objoid = own;

    WITH changed AS MATERIALIZED (
        SELECT k.object, k.kind, k.name, k.expected, k.found AS was, n.definition AS found
        FROM todo_guard.known() AS k
        LEFT JOIN todo_guard.facts(home, touched) AS n ON n.object = k.object AND n.kind = k.kind AND n.name = k.name
        WHERE k.object = ANY (touched) AND n.definition IS DISTINCT FROM k.found
    )
    SELECT
        jsonb_agg(to_jsonb(c) - 'was'),
        (
            array_agg(
                concat_ws(
                    ' ', c.kind, c.name,
                    CASE WHEN c.kind IN ('column', 'default', 'constraint', 'index', 'trigger') THEN 'of ' || c.object::regclass END
                )
                ORDER BY c.kind IN ('schema', 'table', 'view') DESC, c.kind, c.name
            ) FILTER (WHERE c.was IS NOT NULL AND c.found IS DISTINCT FROM c.expected)
        )[1]
    INTO changes, problem
    FROM changed AS c;
    IF problem IS NOT NULL AND NOT todo_guard.lifted() THEN
        RAISE EXCEPTION 'cannot drop or change %, which todo needs as it is', problem
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = format('A superuser or a member of role %s can lift the guard for the session: SET todo.guard = off.', current_user);
    END IF;
    IF changes IS NOT NULL THEN
        -- This waits for other sessions that keep facts, so that what they have kept is read next.
        COMMENT ON FUNCTION todo_guard.keep(regnamespace, jsonb) IS NULL;
        SELECT changes || coalesce(jsonb_agg(to_jsonb(k)), '[]') INTO changes
        FROM todo_guard.known() AS k
        WHERE NOT EXISTS (
            SELECT FROM jsonb_to_recordset(changes) AS c (object oid, kind text, name text)
            WHERE c.object = k.object AND c.kind = k.kind AND c.name = k.name
        );
        -- Without todo, nothing is left to be guarded.
        PERFORM todo_guard.keep(
            home, CASE WHEN EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN changes ELSE '[]' END
        );
    END IF;
END
$$;
