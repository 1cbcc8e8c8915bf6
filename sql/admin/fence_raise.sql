-- Refuses writes of every table of this database from the commit on, by whatever role: it has moved. DROP SCHEMA todo_fence CASCADE ends that.
-- That the triggers are not in dumps is as it should be.
SET LOCAL client_min_messages = 'error';
CREATE SCHEMA todo_fence;
COMMENT ON SCHEMA todo_fence IS 'This database has moved, and is read-only. DROP SCHEMA todo_fence CASCADE would make it writable again';

CREATE FUNCTION todo_fence.refuse()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'read_only_sql_transaction',
        MESSAGE = 'this database has moved to another server',
        HINT = 'Connect to where the list of databases says that it is.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME;
END
$$;

DO $$
DECLARE
    name pg_catalog.text;
BEGIN
    FOR name IN
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
          AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
          AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER todo_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION todo_fence.refuse()',
            name
        );
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER todo_fence', name);
    END LOOP;
END
$$
