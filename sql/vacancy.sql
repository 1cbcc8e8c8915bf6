-- Tables of these names that exist already can be adopted. PostgreSQL's own error would not say so.
DO $$
DECLARE
    app CONSTANT pg_catalog.name := (
        SELECT n.nspname
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    );
    found record;
BEGIN
    SELECT
        pg_catalog.string_agg(c.relname, ' and ' ORDER BY c.relname DESC) AS names,
        pg_catalog.max(c.relname::pg_catalog.text) AS first,
        pg_catalog.count(*) AS total,
        pg_catalog.count(*) FILTER (WHERE c.relkind OPERATOR(pg_catalog.=) 'r') AS tables
    INTO found
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) app
      AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['users', 'tasks']::pg_catalog.name[]);
    IF found.total OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION 'schema % already has %',
            app, CASE WHEN found.total OPERATOR(pg_catalog.=) 1 THEN 'a relation ' ELSE 'the relations ' END OPERATOR(pg_catalog.||) found.names
            USING ERRCODE = 'duplicate_table', SCHEMA = app, TABLE = found.first,
                HINT = CASE
                    WHEN found.tables OPERATOR(pg_catalog.=) 2 THEN pg_catalog.format(
                        'To take these tables over with their rows, run CREATE EXTENSION todo SCHEMA %I VERSION ''adopt'' and then '
                        'ALTER EXTENSION todo UPDATE, or todo-admin adopt. To create new tables, name another schema.', app
                    )
                    ELSE 'The extension either creates both tables or adopts both. Rename or drop the existing one, or name another schema.'
                END;
    END IF;
END
$$;
