-- Collects the facts that are guarded, from the catalogs alone. What users, tasks and the tables of todo_auth must have is read as text
-- from the functions that todo_internal.expect() has written, because calling them would run code of their owner. Everything else on
-- these tables is the application's own.
CREATE FUNCTION todo_guard.remember()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    -- Not that of the extension, which has a guard of its own.
    internal CONSTANT oid := (
        SELECT n.oid FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'installed' WHERE n.nspname = 'todo_internal'
    );
    auth CONSTANT oid := (
        SELECT a.oid FROM pg_namespace AS a JOIN pg_namespace AS n ON n.oid = internal AND n.nspowner = a.nspowner WHERE a.nspname = 'todo_auth'
    );
    home CONSTANT oid := (
        SELECT c.relnamespace
        FROM pg_proc AS p
        JOIN pg_trigger AS t ON t.tgfoid = p.oid
        JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relname = 'users'
        WHERE p.pronamespace = internal AND p.proname = 'users_before_row'
        ORDER BY c.oid
        LIMIT 1
    );
    facts jsonb;
BEGIN
    WITH expected AS MATERIALIZED (
        SELECT c.oid AS object, v.value[3] AS kind, v.value[4] AS name, v.value[5] AS definition
        FROM pg_proc AS p
        CROSS JOIN LATERAL regexp_matches(
            p.prosrc, replace('\((#), (#), (#), (#), (#)\)', '#', 'E?''(?:[^'']|'''')*'''), 'g'
        ) WITH ORDINALITY AS m (literals, number)
        CROSS JOIN LATERAL (
            SELECT array_agg(
                CASE
                    WHEN l.literal LIKE 'E%' THEN replace(replace(substr(l.literal, 3, length(l.literal) - 3), '''''', ''''), '\\', '\')
                    ELSE replace(substr(l.literal, 2, length(l.literal) - 2), '''''', '''')
                END
                ORDER BY l.place
            ) AS value
            FROM unnest(m.literals) WITH ORDINALITY AS l (literal, place)
        ) AS v
        JOIN pg_namespace AS n ON CASE v.value[1] WHEN '@' THEN n.oid = home ELSE n.oid = auth AND n.nspname = v.value[1] END
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = v.value[2]
        WHERE p.pronamespace = internal AND (p.proname = 'expected_todo' OR p.proname = 'expected_todo_auth' AND auth IS NOT NULL)
          AND v.value[3] <> 'function' AND v.value[3] NOT LIKE 'dependence %'
    ), object AS MATERIALIZED (
        SELECT n.oid FROM pg_namespace AS n WHERE n.oid IN (internal, auth, home)
        UNION ALL
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.relkind IN ('r', 'v', 'S')
          AND (
              c.relnamespace IN (internal, auth)
              OR c.relnamespace = home AND c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')
          )
        UNION ALL
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.pronamespace IN (internal, auth, 'todo_guard'::regnamespace)
           OR p.pronamespace = home AND p.proname IN (
               \names functions
           )
    )
    SELECT jsonb_agg(jsonb_build_object(
        'object', coalesce(e.object, f.object), 'kind', coalesce(e.kind, f.kind), 'name', coalesce(e.name, f.name),
        'expected', coalesce(e.definition, f.definition), 'found', f.definition
    ))
    INTO facts
    FROM todo_guard.facts(home, ARRAY(SELECT o.oid FROM object AS o)) AS f
    FULL JOIN expected AS e ON e.object = f.object AND e.kind = f.kind AND e.name = f.name
    WHERE e.object IS NOT NULL OR f.kind IN ('schema', 'table', 'view', 'function')
       OR NOT EXISTS (SELECT FROM expected AS x WHERE x.object = f.object);
    PERFORM todo_guard.keep(home, facts);
END
$$;
