-- Brings the tables of an older version into the form of this one. expected_todo() describes that form, by the patterns that the script has made.
CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.* FROM todo_internal.expected_todo() AS e
$$;
\i upgrade/complete.sql
DROP FUNCTION todo_internal.target();
