-- From adopt to 0.2.0: adopted tables become as that version makes them. Every row stays as it is.
\i unreleased/begin.sql
\i unreleased/shape.sql
\i unreleased/trusted.sql

CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS 'SELECT s.* FROM todo_internal.specified() AS s';

\i unreleased/make_way.sql
\i unreleased/complete.sql

DROP EVENT TRIGGER todo_guard;
DROP SCHEMA todo_internal CASCADE;
