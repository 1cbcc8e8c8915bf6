-- Checks the constraints, indexes and triggers of the tables, for todo_check().
CREATE FUNCTION todo_internal.check_parts()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH fact AS (
        SELECT c.* FROM todo_internal.compared() AS c WHERE c.relid IS NOT NULL
    ), part AS (
        SELECT f.extension, f.relid, f.relation, f.kind, f.name, f.expected, f.found,
            CASE
                WHEN f.found IS NOT NULL AND c.found IS DISTINCT FROM c.expected THEN 'function replaced'
                ELSE f.weakness
            END AS weakness
        FROM fact AS f
        -- The function that a trigger calls.
        LEFT JOIN fact AS c ON c.relid = f.relid AND c.kind = 'function' AND f.kind = 'trigger' AND c.name = f.name
        WHERE f.kind IN ('constraint', 'index', 'trigger') AND f.extension IS NOT NULL
    )
    SELECT format('%s %s of %s', p.kind, p.name, p.relation), (p.weakness IS NULL AND p.found = p.expected) IS TRUE,
        CASE
            WHEN p.weakness IS NOT NULL THEN p.weakness
            WHEN p.found = p.expected THEN 'in place'
            ELSE coalesce(p.found, 'missing')
        END,
        CASE
            WHEN p.weakness = 'not validated' THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I', p.relid::regclass, p.name)
            WHEN p.weakness = 'not valid' THEN format('REINDEX INDEX %s.%I', c.relnamespace::regnamespace, p.name)
            -- A foreign key is checked by triggers of both tables.
            WHEN p.weakness = 'not checked' THEN (
                SELECT string_agg(DISTINCT format('ALTER TABLE %s ENABLE TRIGGER ALL', t.tgrelid::regclass), '; ')
                FROM pg_constraint AS k
                JOIN pg_trigger AS t ON t.tgconstraint = k.oid
                WHERE k.conrelid = p.relid AND k.conname = p.name
            )
            -- What a trigger lacks that is disabled or does not always fire.
            WHEN p.kind = 'trigger' AND starts_with(p.expected, p.found || '; ') THEN substr(p.expected, length(p.found) + 3)
            WHEN p.weakness = 'disabled' THEN format('ALTER TABLE %s ENABLE TRIGGER %I', p.relid::regclass, p.name)
            WHEN p.weakness = 'function replaced' THEN format('restore the function of trigger %s from %s--%s.sql', p.name, e.extname, e.extversion)
            WHEN p.found IS NOT NULL THEN 'expected ' || p.expected
            WHEN p.kind = 'constraint' THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s', p.relid::regclass, p.name, p.expected)
            ELSE p.expected
        END
    FROM part AS p
    JOIN pg_class AS c ON c.oid = p.relid
    JOIN pg_extension AS e ON e.extname = p.extension
    UNION ALL
    SELECT format('%s %s of %s', f.kind, f.name, f.relation), (f.found = f.expected) IS TRUE,
        coalesce('would be dropped with extension ' || f.found, 'would not be dropped with extension ' || f.expected),
        format(
            'ALTER %s DEPENDS ON EXTENSION %I',
            CASE f.kind
                WHEN 'dependence of index' THEN format('INDEX %s.%I', c.relnamespace::regnamespace, f.name)
                ELSE format('TRIGGER %I ON %s', f.name, f.relid::regclass)
            END || CASE WHEN f.expected IS NULL THEN ' NO' ELSE '' END,
            coalesce(f.expected, f.found)
        )
    FROM fact AS f
    JOIN pg_class AS c ON c.oid = f.relid
    WHERE f.kind IN ('dependence of index', 'dependence of trigger')
      -- An application may do this with its own indexes and triggers.
      AND EXISTS (SELECT FROM fact AS o WHERE o.relid = f.relid AND o.name = f.name AND o.kind IN ('constraint', 'index', 'trigger') AND o.extension IS NOT NULL);
END;

COMMENT ON FUNCTION todo_internal.check_parts() IS
    'Checks the constraints, indexes and triggers of the tables';

REVOKE ALL ON FUNCTION todo_internal.check_parts() FROM PUBLIC;
