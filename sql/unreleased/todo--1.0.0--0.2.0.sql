-- From 1.0.0 back to 0.2.0: drops the functions and the rules. Rows are not changed.
\i upgrade/begin.sql

-- Extensions that build on this one do not work without the rules and the guard.
DO $$
DECLARE
    other name := (
        SELECT e.extname
        FROM pg_extension AS t
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_extension'::regclass
        JOIN pg_extension AS e ON e.oid = d.objid
        WHERE t.extname = 'todo'
        ORDER BY e.extname
        LIMIT 1
    );
BEGIN
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'extension % needs version 1.0.0 of extension todo', other
            USING ERRCODE = 'dependent_objects_still_exist', HINT = format('DROP EXTENSION %I', other);
    END IF;
END
$$;

\pattern todo--0.2.0.sql
SELECT todo_internal.expect('specified', 'todo', 'todo_internal');
-- Tables of any other form could not be updated again.
\i upgrade/shape.sql

CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS 'SELECT s.* FROM todo_internal.specified() AS s';

-- Drop the parts that this version has and 0.2.0 does not have.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    part record;
BEGIN
    FOR part IN
        SELECT c.relid::regclass AS tab, c.kind, c.name
        FROM todo_internal.compared() AS c
        WHERE c.extension = 'todo'
          AND c.kind IN ('constraint', 'index', 'trigger', 'column')
          AND c.found IS NOT NULL
          AND NOT EXISTS (
              SELECT
              FROM todo_internal.target() AS t
              WHERE t.relation = c.relation AND t.kind = c.kind AND t.name = c.name AND (t.kind = 'column' OR todo_internal.located(t.definition, home) = c.found)
          )
        -- Dropping a column drops its indexes.
        ORDER BY c.kind = 'column'
    LOOP
        EXECUTE CASE part.kind
            WHEN 'constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', part.tab, part.name)
            WHEN 'index' THEN format('DROP INDEX %s.%I', home, part.name)
            WHEN 'trigger' THEN format('DROP TRIGGER %I ON %s', part.name, part.tab)
            ELSE format('ALTER TABLE %s DROP COLUMN %I', part.tab, part.name)
        END;
    END LOOP;
END
$$;

\i upgrade/complete.sql

DROP EVENT TRIGGER todo_guard;
DROP EVENT TRIGGER todo_guard_end;

DO $$
DECLARE
    member text;
BEGIN
    -- Dropping one can drop others that call it.
    FOREACH member IN ARRAY ARRAY(SELECT f::regprocedure::text FROM todo_internal.member_functions() AS f) LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', member);
    END LOOP;
END
$$;

DROP VIEW @extschema@.todo_users;
DROP SCHEMA todo_internal;

-- At 0.2.0, the tables belong to a superuser.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND c.relowner = 'todo_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END LOOP;
END
$$;
