-- Checks whether the tables and the sequence belong to their extensions, for todo_check().
CREATE FUNCTION todo_internal.check_membership()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH wanted AS (
        SELECT DISTINCT x.extension, n.oid AS namespace, n.oid::regnamespace::text AS app, x.relation,
            CASE WHEN s.kind IS NULL THEN 'TABLE' ELSE 'SEQUENCE' END AS kind
        FROM todo_internal.expected() AS x
        LEFT JOIN todo_internal.expected() AS s ON s.schema = x.schema AND s.relation = x.relation AND s.kind = 'sequence'
        JOIN pg_extension AS t ON t.extname = 'todo'
        JOIN pg_namespace AS n ON CASE x.schema WHEN '@' THEN n.oid = t.extnamespace ELSE n.nspname = x.schema END
        WHERE x.kind = 'storage'
    )
    SELECT 'membership of ' || w.relation, d.objid IS NOT NULL,
        CASE
            WHEN d.objid IS NOT NULL THEN 'in the extension'
            WHEN s.oid IS NOT NULL THEN 'in the extension as ' || s.oid::regclass
            WHEN c.oid IS NULL THEN 'missing'
            ELSE 'not in the extension'
        END,
        CASE
            -- A sequence moves with its table.
            WHEN s.relname = w.relation AND w.kind = 'SEQUENCE' THEN 'fix what else is reported first'
            WHEN s.relname = w.relation THEN format('SET todo.guard = off; ALTER %s %s SET SCHEMA %s', w.kind, s.oid::regclass, w.app)
            WHEN s.oid IS NOT NULL THEN format('SET todo.guard = off; ALTER %s %s RENAME TO %I', w.kind, s.oid::regclass, w.relation)
            WHEN c.oid IS NULL THEN 'restore it from a backup'
            ELSE format('ALTER EXTENSION %I ADD %s %s.%I', w.extension, w.kind, w.app, w.relation)
        END
    FROM wanted AS w
    JOIN pg_extension AS e ON e.extname = w.extension
    LEFT JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.relation
    LEFT JOIN pg_depend AS d
        ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    -- A table that has been renamed or moved is recognized by its columns.
    LEFT JOIN LATERAL (
        SELECT m.oid, m.relname
        FROM pg_depend AS b
        JOIN pg_class AS m ON m.oid = b.objid
        WHERE b.classid = 'pg_class'::regclass AND b.refclassid = 'pg_extension'::regclass AND b.refobjid = e.oid AND b.deptype = 'e'
          AND m.relkind = CASE w.kind WHEN 'SEQUENCE' THEN 'S' ELSE 'r' END
          AND NOT EXISTS (
              SELECT
              FROM todo_internal.expected() AS x
              WHERE x.extension = w.extension AND x.relation = w.relation AND x.kind = 'column'
                AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = m.oid AND a.attname = x.name)
          )
        LIMIT 1
    ) AS s ON d.objid IS NULL;
END;

COMMENT ON FUNCTION todo_internal.check_membership() IS
    'Checks whether tables and sequence belong to the extension';

REVOKE ALL ON FUNCTION todo_internal.check_membership() FROM PUBLIC;
