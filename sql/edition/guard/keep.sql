-- Keeps facts for known(), and for judge() a short list: the OID of that function, which tells where the facts were collected; the schema
-- of users and tasks; and between commas, all objects that the facts are about, and the names of the indexes.
CREATE FUNCTION todo_guard.keep(
    home regnamespace,
    facts jsonb
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
BEGIN
    EXECUTE format('COMMENT ON FUNCTION todo_guard.known() IS %L', facts);
    EXECUTE format('COMMENT ON FUNCTION todo_guard.judge() IS %L', (
        SELECT concat_ws(
            ' ', 'todo_guard.judge'::regproc::oid, coalesce(home::oid, 0),
            concat(',', string_agg(DISTINCT f.object::text, ','), ',', string_agg(f.name, ',') FILTER (WHERE f.kind = 'index' AND f.name ~ '^\w+$'), ',')
        )
        FROM jsonb_to_recordset(facts) AS f (object oid, kind text, name text)
    ));
END
$$;
