-- Replaces the hash of an active user, if it is still the old one, and returns what was stored.
CREATE FUNCTION todo_internal.replaced_hash(
    user_id text,
    old_hash text,
    new_hash text
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    \i statements/replace_hash.sql
$$;

COMMENT ON FUNCTION todo_internal.replaced_hash(text, text, text) IS
    'Replaces the hash of an active user, if it is still the old one';

REVOKE ALL ON FUNCTION todo_internal.replaced_hash(text, text, text) FROM PUBLIC;
