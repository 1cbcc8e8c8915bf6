-- Returns what objects of todo are like, a row for each fact. It only prints what the catalogs say, and runs nothing of other roles.
-- home is the schema of users and tasks.
CREATE FUNCTION todo_guard.facts(
    home regnamespace,
    objects oid[]
)
RETURNS TABLE (object oid, kind text, name text, definition text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
AS $$
    SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'table' END, format('%I.%I', n.nspname, c.relname),
        CASE c.relkind
            WHEN 'v' THEN md5(
                pg_get_viewdef(c.oid) || CASE
                    -- Views are security_invokers where a role is isolated.
                    WHEN coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'security_invoker'), false) = EXISTS (
                        SELECT
                        FROM pg_policy AS p
                        JOIN pg_class AS u ON u.oid = p.polrelid AND u.relname = 'users' AND u.relnamespace = home
                        WHERE p.polname IN ('todo_isolated', 'todo_everyone')
                    )
                    THEN ''
                    ELSE coalesce(substring(c.reloptions::text FROM 'security_invoker=\w+'), 'none')
                END
            )
            ELSE ''
        END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (objects)
    UNION ALL
    -- Whether a trigger is disabled, and whether an index or trigger would be dropped with an extension, is part of its definition.
    SELECT d.relid, replace(d.kind, 'dependence of ', ''), d.name,
        string_agg(
            d.definition || CASE WHEN d.weakness IN ('disabled', 'not checked') THEN ', ' || d.weakness ELSE '' END, ', dropped with '
            ORDER BY d.kind LIKE 'dependence%', d.definition
        )
    FROM todo_internal.described(home, objects) AS d
    WHERE d.kind <> 'function'
    GROUP BY d.relid, replace(d.kind, 'dependence of ', ''), d.name
    UNION ALL
    SELECT p.oid, 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid))
    FROM pg_proc AS p
    WHERE p.oid = ANY (objects) AND p.prokind <> 'a'
    UNION ALL
    SELECT n.oid, 'schema', n.nspname, ''
    FROM pg_namespace AS n
    WHERE n.oid = ANY (objects)
$$;
