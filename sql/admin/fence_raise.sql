-- Refuses writes of every table of this database and all DDL in it from the commit on, by whatever role: it has moved. Can be repeated.
-- That the triggers are not in dumps is as it should be.
SET LOCAL client_min_messages = 'error';
DO $$
DECLARE
    name pg_catalog.text;
BEGIN
    IF pg_catalog.to_regnamespace('todo_fence') IS NULL THEN
        CREATE SCHEMA todo_fence;
        -- For the look at the function's name.
        GRANT USAGE ON SCHEMA todo_fence TO PUBLIC;
        COMMENT ON SCHEMA todo_fence IS 'Made by todo-admin shards: its triggers refuse writes, because the database has moved';
        CREATE FUNCTION todo_fence.refuse()
        RETURNS trigger
        LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp
        AS $body$
        BEGIN
            -- Under another name, it lets writes pass again, without a lock on any table.
            -- A query would show the name at the time of the transaction's snapshot.
            IF pg_catalog.to_regprocedure('todo_fence.refuse()') IS NULL THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = 'read_only_sql_transaction',
                MESSAGE = 'this database is read-only, because it has moved',
                HINT = 'Connect to where the list of databases says that it is.',
                SCHEMA = TG_TABLE_SCHEMA,
                TABLE = TG_TABLE_NAME;
        END
        $body$;
        -- Nobody shall have another trigger call it, in the place of one of these.
        REVOKE ALL ON FUNCTION todo_fence.refuse() FROM PUBLIC;
        CREATE FUNCTION todo_fence.refuse_command()
        RETURNS event_trigger
        LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp
        AS $body$
        BEGIN
            IF pg_catalog.to_regprocedure('todo_fence.refuse()') IS NOT NULL
                -- What todo-admin has to do here.
                AND NOT (
                    COALESCE(pg_catalog.current_setting('todo_admin.works', true), '') OPERATOR(pg_catalog.=) 'on'
                    AND (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER)
                )
            THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'read_only_sql_transaction',
                    MESSAGE = 'this database is read-only, because it has moved',
                    HINT = 'Connect to where the list of databases says that it is.';
            END IF;
        END
        $body$;
    ELSIF pg_catalog.to_regprocedure('todo_fence.pass()') IS NOT NULL THEN
        ALTER FUNCTION todo_fence.pass() RENAME TO refuse;
    END IF;
    FOR name IN
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
          AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
          AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
          AND NOT EXISTS (
              SELECT
              FROM pg_catalog.pg_trigger AS t
              WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid
                AND t.tgfoid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('todo_fence.refuse()')::pg_catalog.oid
          )
    LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER todo_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION todo_fence.refuse()',
            name
        );
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER todo_fence', name);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger AS e WHERE e.evtname OPERATOR(pg_catalog.=) 'todo_fence') THEN
        CREATE EVENT TRIGGER todo_fence ON ddl_command_start EXECUTE FUNCTION todo_fence.refuse_command();
        ALTER EVENT TRIGGER todo_fence ENABLE ALWAYS;
    END IF;
END
$$
