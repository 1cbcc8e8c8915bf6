-- Notes which members are there already: what was granted on them stays, see ownership.sql.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION todo_internal.present() RETURNS text[] LANGUAGE sql SET search_path = pg_catalog, pg_temp AS %L',
        format(
            'SELECT %L::text[]',
            ARRAY(
                SELECT format('%s %s', d.classid, d.objid)
                FROM pg_depend AS d
                JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
                WHERE e.extname = 'todo'
            )
        )
    );
END
$$;
