-- Adds what target() has and the tables lack: columns, defaults, NOT NULL, constraints, indexes and triggers. Whatever else they have
-- stays. All changes of a table are one ALTER TABLE, which reads the table once.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    part record;
BEGIN
    FOR part IN
        WITH missing AS (
            SELECT t.*, d.definition AS found
            FROM todo_internal.target() WITH ORDINALITY AS t (schema, relation, kind, name, definition, place)
            LEFT JOIN todo_internal.described(
                home, ARRAY(SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = home AND c.relname IN (SELECT w.relation FROM todo_internal.target() AS w))
            ) AS d USING (schema, relation, kind, name)
            WHERE d.definition IS DISTINCT FROM t.definition
        ), action AS (
            -- The key that a foreign key refers to must exist first.
            SELECT m.relation, m.place, CASE WHEN m.definition LIKE 'FOREIGN KEY %' THEN 2 ELSE 1 END AS step,
                CASE m.kind
                    WHEN 'column' THEN CASE
                        WHEN m.found IS NULL THEN format('ADD COLUMN %I %s', m.name, m.definition) || coalesce(
                            ' DEFAULT ' || (
                                SELECT todo_internal.located(d.definition, home)
                                FROM todo_internal.target() AS d
                                WHERE d.relation = m.relation AND d.kind = 'default' AND d.name = m.name AND d.definition <> 'none'
                            ),
                            ''
                        )
                        WHEN m.definition LIKE '% NOT NULL' THEN format('ALTER COLUMN %I SET NOT NULL', m.name)
                        ELSE format('ALTER COLUMN %I DROP NOT NULL', m.name)
                    END
                    WHEN 'default' THEN CASE
                        WHEN m.found IS NULL THEN NULL
                        WHEN m.definition = 'none' THEN format('ALTER COLUMN %I DROP DEFAULT', m.name)
                        ELSE format('ALTER COLUMN %I SET DEFAULT %s', m.name, todo_internal.located(m.definition, home))
                    END
                    WHEN 'constraint' THEN format('ADD CONSTRAINT %I %s', m.name, todo_internal.located(m.definition, home))
                END AS sql
            FROM missing AS m
        )
        SELECT a.step, format('ALTER TABLE %s.%I %s', home, a.relation, string_agg(a.sql, ', ' ORDER BY a.place)) AS sql
        FROM action AS a
        WHERE a.sql IS NOT NULL
        GROUP BY a.step, a.relation
        UNION ALL
        -- Of a trigger that fires, but not always, only the rest of its definition.
        SELECT 3, todo_internal.located(substr(m.definition, CASE WHEN starts_with(m.definition, m.found || '; ') THEN length(m.found) + 3 ELSE 1 END), home)
        FROM missing AS m
        WHERE m.kind IN ('index', 'trigger')
        ORDER BY step
    LOOP
        EXECUTE part.sql;
    END LOOP;
END
$$;
