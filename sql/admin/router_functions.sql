-- The functions that a router passes on: those with arguments that a role ($1) may call. Each is
--   name, arguments, result  as the catalog describes them
--   line                     the same as a row of VALUES
--   proxy                    the statement that creates it in a router with PL/Proxy. If the router has its own version of the function
--                            ($2), it is created in todo_router, and its first argument is the user in whose shard it runs
--   header                   how the statement begins that creates the router's own version
-- All are volatile, because PL/Proxy has no others. Its notice that it connects again, as it does after each error, is not for
-- applications. Types and functions have their schemas, because search_path is empty.
WITH function AS (
    SELECT
        p.oid,
        p.proname AS name,
        p.proname OPERATOR(pg_catalog.=) ANY ($2) AS is_own,
        pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
        pg_catalog.pg_get_function_identity_arguments(p.oid) AS identity_arguments,
        pg_catalog.pg_get_function_result(p.oid) AS result,
        pg_catalog.obj_description(p.oid, 'pg_proc') AS comment,
        p.pronargs AS number,
        (
            SELECT pg_catalog.min(a.place)
            FROM pg_catalog.unnest(p.proargnames) WITH ORDINALITY AS a (name, place)
            WHERE a.name OPERATOR(pg_catalog.=) 'user_id' AND a.place OPERATOR(pg_catalog.<=) p.pronargs
        ) AS user_place,
        (
            SELECT pg_catalog.min(a.place)
            FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS a (type, place)
            WHERE a.type OPERATOR(pg_catalog.=) '@extschema@.tasks'::pg_catalog.regtype
        ) AS task_place,
        COALESCE(
            -- The columns of a table, those of a result's own, or one that has no name.
            (
                SELECT pg_catalog.string_agg(
                    '"' OPERATOR(pg_catalog.||) pg_catalog.replace(c.name, '"', '""') OPERATOR(pg_catalog.||) '"', ', ' ORDER BY c.place
                )
                FROM (
                    SELECT a.attname::pg_catalog.text AS name, a.attnum::pg_catalog.int8 AS place
                    FROM pg_catalog.pg_type AS t
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) t.typrelid
                    WHERE t.oid OPERATOR(pg_catalog.=) p.prorettype
                      AND a.attnum OPERATOR(pg_catalog.>) 0
                      AND NOT a.attisdropped
                    UNION ALL
                    SELECT a.name, a.place
                    FROM ROWS FROM (
                        pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proargmodes)
                    ) WITH ORDINALITY AS a (name, mode, place)
                    WHERE a.mode OPERATOR(pg_catalog.=) ANY (ARRAY['o', 't']::pg_catalog."char"[])
                ) AS c
            ),
            '"result"'
        ) AS columns,
        pg_catalog.concat(
            'VOLATILE',
            CASE WHEN p.proisstrict THEN ' STRICT' END,
            CASE WHEN p.proretset THEN ' ROWS ' OPERATOR(pg_catalog.||) p.prorows::pg_catalog.text END,
            ' SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = warning'
        ) AS properties
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT todo_internal.member_functions()))
      AND p.pronamespace OPERATOR(pg_catalog.=) '@extschema@'::pg_catalog.regnamespace
      AND p.pronargs OPERATOR(pg_catalog.>) 0
      AND p.prokind OPERATOR(pg_catalog.=) 'f'
      AND pg_catalog.has_function_privilege($1::pg_catalog.name, p.oid, 'EXECUTE')
)
SELECT
    f.name::pg_catalog.text AS name,
    pg_catalog.format('(%L, %L, %L)', f.name, f.arguments, f.result) AS line,
    pg_catalog.format(
        E'CREATE OR REPLACE FUNCTION %s.%I(%s)\nRETURNS %s\nLANGUAGE plproxy %s\nAS $proxy$\n    CLUSTER ''todo'';\n    RUN ON %s;\n    SELECT %s FROM %s.%s(%s) AS "result";\n$proxy$;',
        CASE WHEN f.is_own THEN 'todo_router' ELSE pg_catalog.quote_ident(n.nspname) END,
        f.name,
        CASE WHEN f.is_own THEN 'route text, ' OPERATOR(pg_catalog.||) f.identity_arguments ELSE f.arguments END,
        f.result,
        f.properties,
        CASE
            WHEN f.is_own THEN 'todo_router.user_hash($1)'
            WHEN f.user_place IS NOT NULL THEN pg_catalog.format('todo_router.user_hash($%s)', f.user_place)
            WHEN f.task_place IS NOT NULL THEN pg_catalog.format('todo_router.task_hash($%s)', f.task_place)
            ELSE 'ANY'
        END,
        f.columns,
        -- In quotes, because PL/Proxy would take a name without them for an argument's.
        '"' OPERATOR(pg_catalog.||) pg_catalog.replace(n.nspname, '"', '""') OPERATOR(pg_catalog.||) '"',
        '"' OPERATOR(pg_catalog.||) pg_catalog.replace(f.name, '"', '""') OPERATOR(pg_catalog.||) '"',
        (
            SELECT pg_catalog.string_agg('$' OPERATOR(pg_catalog.||) i::pg_catalog.text, ', ' ORDER BY i)
            FROM pg_catalog.generate_series(1, f.number) AS g (argument)
            CROSS JOIN LATERAL (SELECT g.argument OPERATOR(pg_catalog.+) f.is_own::pg_catalog.int4) AS p (i)
        )
    ) AS proxy,
    pg_catalog.format(
        E'CREATE OR REPLACE FUNCTION %I.%I(%s)\nRETURNS %s\nLANGUAGE plpgsql %s',
        n.nspname, f.name, f.arguments, f.result, f.properties
    ) AS header,
    pg_catalog.format(
        'COMMENT ON FUNCTION %I.%I(%s) IS %L;',
        n.nspname, f.name, f.identity_arguments, f.comment
    ) AS comment
FROM function AS f
CROSS JOIN pg_catalog.pg_namespace AS n
WHERE n.oid OPERATOR(pg_catalog.=) '@extschema@'::pg_catalog.regnamespace
ORDER BY f.name
