-- Drops the parts that this version has and target() does not have.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    part record;
BEGIN
    FOR part IN
        SELECT c.relid::regclass AS tab, c.kind, c.name, EXISTS (
            SELECT
            FROM todo_internal.target() AS t
            WHERE t.relation = c.relation AND t.kind = c.kind AND t.name = c.name AND starts_with(c.found, todo_internal.located(t.definition, home) || '; ')
        ) AS fires_too_often
        FROM todo_internal.compared() AS c
        WHERE c.extension = 'todo'
          AND c.kind IN ('constraint', 'index', 'trigger', 'column')
          AND c.found IS NOT NULL
          AND NOT EXISTS (
              SELECT
              FROM todo_internal.target() AS t
              WHERE t.relation = c.relation AND t.kind = c.kind AND t.name = c.name
                -- Of a trigger that does not always fire, complete.sql adds the rest.
                AND (
                    t.kind = 'column' OR todo_internal.located(t.definition, home) = c.found
                    OR t.kind = 'trigger' AND starts_with(todo_internal.located(t.definition, home), c.found || '; ')
                )
          )
        -- Dropping a column drops its indexes.
        ORDER BY c.kind = 'column'
    LOOP
        EXECUTE CASE CASE WHEN part.fires_too_often THEN 'always' ELSE part.kind END
            WHEN 'always' THEN format('ALTER TABLE %s ENABLE TRIGGER %I', part.tab, part.name)
            WHEN 'constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', part.tab, part.name)
            WHEN 'index' THEN format('DROP INDEX %s.%I', home, part.name)
            WHEN 'trigger' THEN format('DROP TRIGGER %I ON %s', part.name, part.tab)
            ELSE format('ALTER TABLE %s DROP COLUMN %I', part.tab, part.name)
        END;
    END LOOP;
END
$$;
