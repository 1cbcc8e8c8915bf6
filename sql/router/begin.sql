\set ON_ERROR_STOP on
\o /dev/null
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL standard_conforming_strings = on;

-- What another role has put there could stay that role's, and learn passwords.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'todo') OR to_regclass('todo_internal.installed') IS NOT NULL THEN
        RAISE EXCEPTION 'todo is installed in this database' USING HINT = 'Run the script in a database of its own.';
    END IF;
    IF EXISTS (
        SELECT
        FROM pg_namespace AS n
        WHERE n.nspname = 'todo_router' AND n.nspowner <> current_user::regrole
    ) OR EXISTS (
        SELECT
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE (n.nspname = 'todo_router' OR n.nspname = '@schema_name@' AND p.proname LIKE 'todo\_%') AND p.proowner <> current_user::regrole
    ) OR EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = '@schema_name@'
          AND c.relname IN ('users', 'tasks', 'todo_users', 'tasks_id_seq')
          AND c.relowner <> current_user::regrole
    ) THEN
        RAISE EXCEPTION 'a part of the router belongs to another role than %', current_user
            USING HINT = 'Run the script as the role that has made the router, or in a new database.';
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS @extschema@;
REVOKE CREATE ON SCHEMA @extschema@ FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS todo_router;
REVOKE ALL ON SCHEMA todo_router FROM PUBLIC;

-- Creates a server or changes its options, given as pairs. Options that say where to connect, and are not given, are dropped. Others are
-- the operator's, who may change those that a new server gets.
CREATE OR REPLACE FUNCTION todo_router.set_server(server text, wrapper text, options text[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    places text := CASE wrapper
        WHEN 'plproxy' THEN '^p[0-9]+$'
        ELSE '^(host|hostaddr|port|dbname|connect_timeout|tcp_user_timeout|target_session_attrs|channel_binding|'
            'load_balance_hosts|krbsrvname|ssl.*|gss.*|keepalives.*)$'
    END;
    known boolean := EXISTS (SELECT FROM pg_foreign_server AS s WHERE s.srvname = server);
    present text[] := ARRAY(
        SELECT o.option_name
        FROM pg_foreign_server AS s
        CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) AS o
        WHERE s.srvname = server
    );
    changes text[] := '{}';
    pair text[];
BEGIN
    IF wrapper = 'postgres_fdw' AND NOT known THEN
        options := options || ARRAY[['fetch_size', '1000'], ['async_capable', 'true']];
    END IF;
    FOREACH pair SLICE 1 IN ARRAY options LOOP
        changes := changes || format(
            '%s %I %L', CASE WHEN pair[1] = ANY (present) THEN 'SET' WHEN known THEN 'ADD' END, pair[1], pair[2]
        );
        present := array_remove(present, pair[1]);
    END LOOP;
    changes := changes || ARRAY(SELECT format('DROP %I', p) FROM unnest(present) AS p WHERE p ~ places);
    EXECUTE format(
        CASE WHEN known THEN 'ALTER SERVER %1$I OPTIONS (%3$s)' ELSE 'CREATE SERVER %1$I FOREIGN DATA WRAPPER %2$I OPTIONS (%3$s)' END,
        server, wrapper, array_to_string(changes, ', ')
    );
END
$$;

-- What todo has in its databases: the columns of its tables, and of the view of users without their hashes.
CREATE TEMPORARY TABLE todo_columns (relation name, name name, type text, value text, not_null boolean, place integer) ON COMMIT DROP;
