-- What complete.sql and make_way.sql bring the tables to: the form of this version.
CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.* FROM todo_internal.expected_todo() AS e
$$;
