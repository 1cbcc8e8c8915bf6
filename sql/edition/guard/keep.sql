-- Keeps facts for known(). For judge(), it keeps the OID of that function, which tells where the facts were collected, the schema of users and
-- tasks, all objects that the facts are about, and the names of the indexes.
CREATE FUNCTION todo_guard.keep(
    home regnamespace,
    facts jsonb,
    objects oid[]
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
BEGIN
    EXECUTE format('COMMENT ON FUNCTION todo_guard.known() IS %L', facts);
    EXECUTE format(
        'COMMENT ON FUNCTION todo_guard.judge() IS %L',
        concat_ws(
            ' ', 'todo_guard.judge'::regproc::oid, coalesce(home::oid, 0), objects,
            ARRAY(SELECT f.name FROM jsonb_to_recordset(facts) AS f (kind text, name text) WHERE f.kind = 'index' AND f.name ~ '^\w+$')
        )
    );
END
$$;
