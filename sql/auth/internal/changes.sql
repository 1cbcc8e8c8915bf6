-- The columns of a new row that differ from the old one, with their new values. NULL is a value like any other.
CREATE FUNCTION todo_auth.changes(
    old_row jsonb,
    new_row jsonb
)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(n.key, n.value), '{}')
    FROM jsonb_each(new_row) AS n
    WHERE n.value <> coalesce(old_row -> n.key, 'null')
$$;

COMMENT ON FUNCTION todo_auth.changes(jsonb, jsonb) IS
    'The columns of a new row that differ from the old one, with their new values';

REVOKE ALL ON FUNCTION todo_auth.changes(jsonb, jsonb) FROM PUBLIC;
