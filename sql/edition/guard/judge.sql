-- Refuses a command that has changed or dropped something that todo needs. Only objects that the command has touched are judged, by what they
-- were like before, so something that was wrong already blocks nothing. A command may restore what is expected.
-- It runs with the rights of its owner, so that roles that run DDL need no rights on the guard.
-- In a database that was restored, and after pg_upgrade, objects have other OIDs: the first command there is not judged, but has the facts
-- collected anew.
-- Errors: 2BP01.
CREATE FUNCTION todo_guard.judge()
RETURNS event_trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Statements are planned once in a session, and never compiled.
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    here CONSTANT text := current_setting('server_version_num')::integer / 10000 || ' ' || 'todo_guard.fact'::regclass::oid;
    is_here boolean;
    touched oid[];
    problem text;
BEGIN
    IF TG_EVENT = 'sql_drop' THEN
        SELECT bool_and(g.server = here), array_agg(o.oid) FILTER (WHERE o.oid = ANY (g.objects)) INTO is_here, touched
        FROM todo_guard.origin AS g
        CROSS JOIN pg_event_trigger_dropped_objects() AS d
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            -- The table of a constraint, default or trigger.
            SELECT c.oid
            FROM pg_namespace AS n
            JOIN pg_class AS c ON c.relnamespace = n.oid
            WHERE n.nspname = d.address_names[1] AND c.relname = d.address_names[2] AND cardinality(d.address_names) = 3
            UNION ALL
            SELECT f.object FROM todo_guard.fact AS f WHERE d.object_type = 'index' AND f.kind = 'index' AND f.name = d.object_name
        ) AS o (oid);
    ELSE
        SELECT bool_and(g.server = here), array_agg(o.oid) FILTER (WHERE o.oid = ANY (g.objects)) INTO is_here, touched
        FROM todo_guard.origin AS g
        CROSS JOIN pg_event_trigger_ddl_commands() AS d
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = d.objid
            UNION ALL
            SELECT k.conrelid FROM pg_constraint AS k WHERE k.oid = d.objid
            UNION ALL
            SELECT t.tgrelid FROM pg_trigger AS t WHERE t.oid = d.objid
            UNION ALL
            SELECT h.inhparent FROM pg_inherits AS h WHERE h.inhrelid = d.objid
            UNION ALL
            SELECT h.inhrelid FROM pg_inherits AS h WHERE h.inhparent = d.objid
        ) AS o (oid);
    END IF;
    IF NOT is_here THEN
        PERFORM todo_guard.remember();
        RETURN;
    ELSIF touched IS NULL THEN
        RETURN;
    END IF;

    WITH changed AS MATERIALIZED (
        SELECT f.object, f.kind, f.name, f.expected, f.found, n.definition
        FROM todo_guard.fact AS f
        LEFT JOIN todo_guard.facts(touched) AS n ON n.object = f.object AND n.kind = f.kind AND n.name = f.name
        WHERE f.object = ANY (touched) AND n.definition IS DISTINCT FROM f.found
    ), kept AS (
        UPDATE todo_guard.fact AS f
        SET found = c.definition
        FROM changed AS c
        WHERE f.object = c.object AND f.kind = c.kind AND f.name = c.name
    )
    SELECT
        CASE
            WHEN c.kind IN ('table', 'view', 'sequence', 'function', 'schema') THEN format('%s %s', c.kind, c.name)
            WHEN c.kind IN ('column', 'default', 'constraint', 'index', 'trigger') THEN format('%s %s of %s', c.kind, c.name, r.name)
            ELSE format('%s of %s', c.kind, r.name)
        END
    INTO problem
    FROM changed AS c
    LEFT JOIN todo_guard.fact AS r ON r.object = c.object AND r.kind IN ('table', 'view', 'sequence') AND r.expected IS NOT NULL
    WHERE c.found IS NOT NULL AND c.definition IS DISTINCT FROM c.expected
    ORDER BY c.kind IN ('table', 'view', 'sequence', 'schema') DESC, c.kind, c.name
    LIMIT 1;
    IF problem IS NOT NULL AND NOT todo_guard.lifted() THEN
        RAISE EXCEPTION 'cannot drop or change %, which todo needs as it is', problem
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = format('A superuser or a member of role %s can lift the guard for the session: SET todo.guard = off.', current_user);
    END IF;
    -- Nothing is left to be guarded.
    UPDATE todo_guard.origin SET objects = '{}' WHERE NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'todo_internal');
END
$$;
