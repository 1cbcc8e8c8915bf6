-- What the guard compares before and after a command: a row for each fact about the tables and sequences of this extension and of
-- those that build on it. object is what a fact is about: a relation or a schema. kind is
--     schema, table, sequence, column: what a command must leave as it is
--     constraint, index, trigger: the same, if it is a part that an extension makes; if not, it is the application's own
--     inheritance: what must not be added
--     dependence: the same, and a part must not lose it (it is on another extension, with which the part would be dropped)
--     policy, rule, statistics object, option: the application's own
--     part: a part that an extension makes for the relation, whether it is there or not; returned only if parts is true
--     known: a row about no object, if it is known what the extensions make; returned only if parts is true
-- It reads rows of catalogs and calls nothing that asks PostgreSQL's caches: under a snapshot from before the command, it returns
-- what was true then. Rows are compared whole, so columns that later versions of PostgreSQL add count.
CREATE FUNCTION todo_internal.state(
    parts boolean
)
RETURNS TABLE (object oid, kind text, name name, definition text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH extension AS (
        SELECT e.oid FROM pg_extension AS e WHERE e.extname = 'todo'
    ), member AS MATERIALIZED (
        SELECT m.classid, m.objid
        FROM (
            SELECT e.oid FROM extension AS e
            UNION ALL
            SELECT d.objid
            FROM extension AS e
            JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_extension'::regclass
        ) AS x (oid)
        JOIN pg_depend AS m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'
    ), relation AS MATERIALIZED (
        SELECT c.*, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind
        FROM member AS m
        JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
        WHERE c.relkind IN ('r', 'S')
    ), part AS MATERIALIZED (
        SELECT r.oid AS object, 'index' AS kind, c.relname AS name, 'pg_class'::regclass AS classid, c.oid,
            to_jsonb(i) - '{indexrelid,indisclustered,indisvalid,indisready,indislive,indcheckxmin,indisreplident}'::text[]
                -- A constraint can take over an index that is there.
                || jsonb_build_object('constraint', (
                    SELECT k.conname FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
                )) AS definition
        FROM relation AS r
        JOIN pg_index AS i ON i.indrelid = r.oid
        JOIN pg_class AS c ON c.oid = i.indexrelid
        UNION ALL
        SELECT r.oid, CASE k.contype WHEN 'n' THEN 'column' ELSE 'constraint' END, k.conname, 'pg_constraint'::regclass, k.oid,
            -- How often it is inherited is a fact about the table.
            to_jsonb(k) - '{oid,conindid,convalidated,coninhcount}'::text[]
        FROM relation AS r
        JOIN pg_constraint AS k ON k.conrelid = r.oid
        WHERE k.contype <> 't'
        UNION ALL
        SELECT r.oid, 'trigger', t.tgname, 'pg_trigger'::regclass, t.oid, to_jsonb(t) - '{oid,tgenabled}'::text[]
        FROM relation AS r
        JOIN pg_trigger AS t ON t.tgrelid = r.oid
        WHERE NOT t.tgisinternal
    )
    SELECT n.oid, 'schema', n.nspname, ''
    FROM pg_namespace AS n
    WHERE n.oid IN (SELECT r.relnamespace FROM relation AS r)
       OR n.oid IN (SELECT m.objid FROM member AS m WHERE m.classid = 'pg_namespace'::regclass)
    UNION ALL
    SELECT r.oid, f.kind, r.relname, f.definition
    FROM relation AS r
    CROSS JOIN LATERAL (
        VALUES
            (r.kind, 'in schema ' || r.relnamespace, true),
            (r.kind, 'access method ' || r.relam, true),
            (r.kind, 'logged', r.relpersistence = 'p'),
            (r.kind, 'of no type', r.reloftype = 0),
            (
                'option', 'row security',
                r.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = r.oid AND p.polname = 'todo_everyone')
            ),
            ('option', 'forced row security', r.relforcerowsecurity),
            ('option', format('replica identity %s', r.relreplident), r.relreplident NOT IN ('d', 'n')),
            ('option', r.reloptions::text, true)
    ) AS f (kind, definition, is_so)
    WHERE f.is_so AND f.definition IS NOT NULL
    UNION ALL
    SELECT r.oid, f.kind, a.attname, f.definition
    FROM relation AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    CROSS JOIN LATERAL (
        VALUES
            (
                'column',
                jsonb_build_array(a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, d.adbin)::text
            ),
            ('option', format('storage %s %s', a.attstorage, a.attcompression)),
            -- One that begins with pg_ is PostgreSQL's own.
            ('option', (SELECT string_agg(o.option, ', ') FROM unnest(a.attoptions) AS o (option) WHERE NOT starts_with(o.option, 'pg_')))
    ) AS f (kind, definition)
    WHERE r.relkind = 'r' AND f.definition IS NOT NULL
    UNION ALL
    -- As described() sees it.
    SELECT r.oid, 'sequence', r.relname,
        jsonb_build_array(s.seqtypid, s.seqcycle, s.seqincrement < 0, least(s.seqmin, 1))::text
    FROM relation AS r
    JOIN pg_sequence AS s ON s.seqrelid = r.oid
    UNION ALL
    SELECT r.oid, 'sequence', r.relname, format('owned by %s, %s', d.refobjid, d.refobjsubid)
    FROM relation AS r
    JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
    WHERE r.relkind = 'S' AND d.refclassid = 'pg_class'::regclass
    UNION ALL
    SELECT r.oid, 'inheritance', r.relname, format('%s of %s', i.inhrelid, i.inhparent)
    FROM relation AS r
    JOIN pg_inherits AS i ON r.oid IN (i.inhrelid, i.inhparent)
    UNION ALL
    SELECT p.object, p.kind, p.name, p.definition::text
    FROM part AS p
    UNION ALL
    SELECT p.object, 'dependence', p.name, d.refobjid::text
    FROM part AS p
    JOIN pg_depend AS d ON d.classid = p.classid AND d.objid = p.oid AND d.deptype = 'x'
    UNION ALL
    SELECT r.oid, 'policy', p.polname, ''
    FROM relation AS r
    JOIN pg_policy AS p ON p.polrelid = r.oid
    -- A restore makes these again, see keep_isolation().
    WHERE p.polname NOT IN ('todo_everyone', 'todo_isolated')
    UNION ALL
    SELECT r.oid, 'rule', w.rulename, ''
    FROM relation AS r
    JOIN pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL
    SELECT r.oid, 'statistics object', s.stxname, ''
    FROM relation AS r
    JOIN pg_statistic_ext AS s ON s.stxrelid = r.oid;

    -- A function tells, so it is about now.
    IF parts AND to_regprocedure('todo_internal.expected()') IS NOT NULL THEN
        RETURN QUERY
        SELECT DISTINCT c.oid, 'part', e.name::name, ''
        FROM todo_internal.expected() AS e
        JOIN pg_class AS c ON c.relname = e.relation
        JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
        WHERE e.kind IN ('constraint', 'index', 'trigger')
          -- A part that another extension makes can be on a table of this one.
          AND x.extname = CASE e.schema WHEN '@' THEN 'todo' ELSE e.extension END
        UNION ALL
        SELECT 0::oid, 'known', '', '';
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.state(boolean) IS
    'What the guard compares before and after a command: a row for each fact about the extension''s tables';

REVOKE ALL ON FUNCTION todo_internal.state(boolean) FROM PUBLIC;
