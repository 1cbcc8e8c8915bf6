-- From adopt to 0.2.0: gives adopted tables the form that this version creates. Rows are not changed.
\i upgrade/begin.sql
\i upgrade/shape.sql
\i upgrade/trusted.sql

CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS 'SELECT s.* FROM todo_internal.specified() AS s';

-- Tables that todo_release_tables() of a later version left can have columns that 0.2.0 does not have.
DO $$
DECLARE
    part record;
    has_rows boolean;
BEGIN
    FOR part IN
        SELECT c.oid::regclass AS tab, e.relation, e.name
        FROM todo_internal.expected_todo() AS e
        JOIN pg_class AS c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = e.relation
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = e.name
        WHERE e.kind = 'column'
          AND NOT EXISTS (SELECT FROM todo_internal.target() AS t WHERE t.relation = e.relation AND t.kind = e.kind AND t.name = e.name)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.tab) INTO has_rows;
        IF has_rows THEN
            RAISE EXCEPTION 'version 0.2.0 of extension todo has no column %.%', part.relation, part.name
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.name,
                    HINT = 'Nothing has been changed. ALTER EXTENSION todo UPDATE keeps the column.';
        END IF;
        EXECUTE format('ALTER TABLE %s DROP COLUMN %I', part.tab, part.name);
    END LOOP;
END
$$;

\i upgrade/make_way.sql
\i upgrade/complete.sql

DROP EVENT TRIGGER todo_guard;
DROP EVENT TRIGGER todo_guard_end;
DROP SCHEMA todo_internal CASCADE;
