-- Keeps facts for known(). For judge(), it keeps the OID of that function, which tells where the facts were collected, the schema of users and
-- tasks, and all objects that the facts are about.
CREATE FUNCTION todo_guard.keep(
    home regnamespace,
    facts jsonb,
    objects oid[]
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('COMMENT ON FUNCTION todo_guard.known() IS %L', facts);
    EXECUTE format('COMMENT ON FUNCTION todo_guard.judge() IS %L', concat_ws(' ', 'todo_guard.judge'::regproc::oid, coalesce(home::oid, 0), objects));
END
$$;
