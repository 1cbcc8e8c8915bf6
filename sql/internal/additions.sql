-- Returns the rows of todo_not_in_dumps(): what has been added to the tables, views and sequences of some extensions. made has the
-- constraints and indexes that the extensions made themselves, each as the names of table and part with a space between. (Their triggers
-- call functions of theirs.)
CREATE FUNCTION todo_internal.additions(
    extensions text[],
    made text[]
)
RETURNS TABLE (object text, severity text, ddl text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH member AS (
        SELECT d.classid, d.objid
        FROM pg_depend AS d
        JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = ANY (extensions)
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    ), tab AS (
        SELECT c.*, c.oid::regclass::text AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class AS c
        JOIN member AS m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
        WHERE c.relkind IN ('r', 'v', 'S') AND c.relname <> 'isolated_roles'
    ), own_constraint AS (
        SELECT k.*, t.name AS table_name
        FROM pg_constraint AS k
        JOIN tab AS t ON t.oid = k.conrelid
        WHERE k.contype IN ('c', 'f', 'u', 'x')
          AND format('%s %s', t.relname, k.conname) <> ALL (made)
    ), table_index AS (
        SELECT i.*, t.name AS table_name, c.relname,
            format('%s %s', t.relname, c.relname) <> ALL (made)
                AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
                AS is_own
        FROM pg_index AS i
        JOIN tab AS t ON t.oid = i.indrelid
        JOIN pg_class AS c ON c.oid = i.indexrelid
        -- pg_dump leaves out what a failed CREATE INDEX CONCURRENTLY left, on any table.
        WHERE i.indisvalid
    ), table_trigger AS (
        SELECT g.oid, g.tgname, g.tgenabled, t.name AS table_name,
            NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = g.tgfoid) AS is_own
        FROM pg_trigger AS g
        JOIN tab AS t ON t.oid = g.tgrelid
        WHERE NOT g.tgisinternal
    ), table_rule AS (
        SELECT r.*, t.name AS table_name
        FROM pg_rewrite AS r
        JOIN tab AS t ON t.oid = r.ev_class
        WHERE r.rulename <> '_RETURN'
    ), table_policy AS (
        SELECT p.*, t.name AS table_name
        FROM pg_policy AS p
        JOIN tab AS t ON t.oid = p.polrelid
        -- keep_isolation() makes these again.
        WHERE p.polname NOT IN ('todo_everyone', 'todo_isolated')
    ), table_column AS (
        SELECT a.*, to_jsonb(a) AS settings, t.name AS table_name,
            -- Without those that PostgreSQL keeps for itself: pg_attver, in minor versions of 2026.
            (SELECT string_agg(o.option, ', ') FROM unnest(a.attoptions) AS o (option) WHERE NOT starts_with(o.option, 'pg_')) AS options
        FROM pg_attribute AS a
        JOIN tab AS t ON t.oid = a.attrelid
        WHERE a.attnum > 0 AND NOT a.attisdropped
    ), statistic AS (
        SELECT s.*, to_jsonb(s) AS settings, format('%s.%I', s.stxnamespace::regnamespace, s.stxname) AS name, t.name AS table_name
        FROM pg_statistic_ext AS s
        JOIN tab AS t ON t.oid = s.stxrelid
    ), found (place, relation, object, severity, ddl) AS (
        SELECT 1, p.table_name, format('policy %I', p.polname), 'error',
            concat(
                format(
                    'CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.table_name,
                    CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                    (
                        SELECT string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.oid)) END, ', ' ORDER BY r.place)
                        FROM unnest(p.polroles) WITH ORDINALITY AS r (oid, place)
                    )
                ),
                ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
            )
        FROM table_policy AS p
        UNION ALL
        SELECT 2, t.name, 'row-level security', 'error',
            concat_ws(
                '; ',
                CASE WHEN t.has_row_security THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) END,
                CASE WHEN t.relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END
            )
        FROM (
            SELECT c.*, c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = 'todo_everyone') AS has_row_security
            FROM tab AS c
        ) AS t
        WHERE t.has_row_security OR t.relforcerowsecurity
        UNION ALL
        -- For example security_invoker: without it, a view shows what its owner may see.
        SELECT 3, t.name, 'options', CASE t.relkind WHEN 'v' THEN 'error' ELSE 'warning' END,
            format('ALTER %s %s SET (%s)', t.kind, t.name, string_agg(format('%s=%L', o.name, o.value), ', ' ORDER BY o.name))
        FROM tab AS t
        CROSS JOIN LATERAL (
            SELECT quote_ident(p.option_name) AS name, p.option_value AS value
            FROM pg_options_to_table(t.reloptions) AS p
            WHERE NOT (
                p.option_name = 'security_invoker'
                AND EXISTS (SELECT FROM pg_policy AS o JOIN tab AS m ON m.oid = o.polrelid WHERE o.polname = 'todo_isolated')
            )
            UNION ALL
            SELECT 'toast.' || quote_ident(p.option_name), p.option_value
            FROM pg_class AS c
            CROSS JOIN pg_options_to_table(c.reloptions) AS p
            WHERE c.oid = t.reltoastrelid
        ) AS o
        GROUP BY t.name, t.kind, t.relkind
        UNION ALL
        SELECT 4, l.name, format('security label of provider %s', l.provider), 'error', l.ddl
        FROM (
            SELECT t.name, s.provider,
                format(
                    'SECURITY LABEL FOR %I ON %s IS %L', s.provider,
                    coalesce('COLUMN ' || t.name || '.' || quote_ident(a.attname), t.kind || ' ' || t.name), s.label
                ) AS ddl
            FROM pg_seclabel AS s
            JOIN tab AS t ON t.oid = s.objoid
            LEFT JOIN pg_attribute AS a ON a.attrelid = s.objoid AND a.attnum = s.objsubid AND s.objsubid > 0
            WHERE s.classoid = 'pg_class'::regclass
        ) AS l
        UNION ALL
        -- An adopted table keeps its owner; a new one belongs to whoever creates the extension, or to its own role.
        SELECT 5, t.name, format('owner %I', r.rolname), 'warning',
            format('ALTER %s %s OWNER TO %I', t.kind, t.name, r.rolname)
                -- The view todo_users needs it, and it went to the new owner.
                || CASE t.relname WHEN 'users' THEN format('; GRANT SELECT ON TABLE %s TO todo_owner', t.name) ELSE '' END
        FROM tab AS t
        JOIN pg_roles AS r ON r.oid = t.relowner
        WHERE t.relkind = 'r'
          AND r.rolname <> 'todo_owner'
          AND t.relowner NOT IN (SELECT e.extowner FROM pg_extension AS e WHERE e.extname = ANY (extensions))
        UNION ALL
        SELECT 6, t.name, format('tablespace %I', s.spcname), 'warning', format('ALTER TABLE %s SET TABLESPACE %I', t.name, s.spcname)
        FROM tab AS t
        JOIN pg_tablespace AS s ON s.oid = t.reltablespace
        WHERE t.relkind = 'r'
        UNION ALL
        SELECT 7, c.table_name, format('settings of column %I', c.attname), 'warning',
            format(
                'ALTER TABLE %s %s', c.table_name,
                concat_ws(
                    ', ',
                    CASE WHEN (c.settings ->> 'attstattarget')::integer >= 0 THEN
                        format('ALTER COLUMN %I SET STATISTICS %s', c.attname, c.settings ->> 'attstattarget')
                    END,
                    CASE WHEN c.attstorage <> y.typstorage THEN
                        format(
                            'ALTER COLUMN %I SET STORAGE %s', c.attname,
                            CASE c.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
                        )
                    END,
                    CASE c.attcompression
                        WHEN 'p' THEN format('ALTER COLUMN %I SET COMPRESSION pglz', c.attname)
                        WHEN 'l' THEN format('ALTER COLUMN %I SET COMPRESSION lz4', c.attname)
                    END,
                    CASE WHEN c.options IS NOT NULL THEN
                        format('ALTER COLUMN %I SET (%s)', c.attname, c.options)
                    END
                )
            )
        FROM table_column AS c
        JOIN pg_type AS y ON y.oid = c.atttypid
        JOIN tab AS t ON t.oid = c.attrelid AND t.relkind = 'r'
        WHERE (c.settings ->> 'attstattarget')::integer >= 0
           OR c.attstorage <> y.typstorage
           OR c.attcompression IN ('p', 'l')
           OR c.options IS NOT NULL
        UNION ALL
        SELECT 8, i.table_name, format('index %I', i.relname), 'warning',
            concat_ws(
                '; ',
                pg_get_indexdef(i.indexrelid),
                (
                    SELECT string_agg(
                        format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', i.indexrelid::regclass, a.attnum, s.target), '; ' ORDER BY a.attnum
                    )
                    FROM pg_attribute AS a
                    CROSS JOIN LATERAL (SELECT to_jsonb(a) ->> 'attstattarget') AS s (target)
                    WHERE a.attrelid = i.indexrelid AND s.target::integer >= 0
                )
            )
        FROM table_index AS i
        WHERE i.is_own
        UNION ALL
        -- Keys come first: a foreign key may refer to them.
        SELECT CASE k.contype WHEN 'f' THEN 10 ELSE 9 END, k.table_name, format('constraint %I', k.conname), 'warning',
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.table_name, k.conname, pg_get_constraintdef(k.oid))
        FROM own_constraint AS k
        UNION ALL
        SELECT 11, i.table_name, 'clustering', 'warning', format('ALTER TABLE %s CLUSTER ON %I', i.table_name, i.relname)
        FROM table_index AS i
        WHERE i.indisclustered
        UNION ALL
        SELECT 12, t.name, 'replica identity', 'warning',
            format(
                'ALTER TABLE %s REPLICA IDENTITY %s', t.name,
                CASE t.relreplident
                    WHEN 'f' THEN 'FULL'
                    WHEN 'n' THEN 'NOTHING'
                    -- If the index is gone, it is NOTHING.
                    ELSE coalesce(
                        'USING INDEX ' || (SELECT quote_ident(i.relname) FROM table_index AS i WHERE i.indrelid = t.oid AND i.indisreplident),
                        'NOTHING'
                    )
                END
            )
        FROM tab AS t
        WHERE t.relkind = 'r' AND t.relreplident <> 'd'
        UNION ALL
        SELECT 13, s.table_name, format('statistics %s', s.name), 'warning',
            concat_ws(
                '; ',
                -- Some minor releases of pg_dump include these.
                regexp_replace(pg_get_statisticsobjdef(s.oid), '^CREATE STATISTICS ', 'CREATE STATISTICS IF NOT EXISTS '),
                CASE WHEN (s.settings ->> 'stxstattarget')::integer >= 0 THEN
                    format('ALTER STATISTICS %s SET STATISTICS %s', s.name, s.settings ->> 'stxstattarget')
                END
            )
        FROM statistic AS s
        UNION ALL
        SELECT 14, r.table_name, format('rule %I', r.rulename), 'warning',
            concat_ws(
                '; ',
                rtrim(pg_get_ruledef(r.oid), ';'),
                CASE r.ev_enabled
                    WHEN 'A' THEN format('ALTER TABLE %s ENABLE ALWAYS RULE %I', r.table_name, r.rulename)
                    WHEN 'R' THEN format('ALTER TABLE %s ENABLE REPLICA RULE %I', r.table_name, r.rulename)
                    WHEN 'D' THEN format('ALTER TABLE %s DISABLE RULE %I', r.table_name, r.rulename)
                END
            )
        FROM table_rule AS r
        UNION ALL
        SELECT 15, g.table_name, format('trigger %I', g.tgname), 'warning',
            concat_ws(
                '; ',
                pg_get_triggerdef(g.oid),
                CASE g.tgenabled
                    WHEN 'A' THEN format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', g.table_name, g.tgname)
                    WHEN 'R' THEN format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', g.table_name, g.tgname)
                    WHEN 'D' THEN format('ALTER TABLE %s DISABLE TRIGGER %I', g.table_name, g.tgname)
                END
            )
        FROM table_trigger AS g
        WHERE g.is_own
        UNION ALL
        SELECT 16, t.name, format('place in publication %I', b.pubname), 'warning',
            -- pg_dump of version 18 does not leave it out, whatever the server's version.
            format(
                'DO %L',
                concat(
                    format('BEGIN ALTER PUBLICATION %I ADD TABLE %s', b.pubname, t.name),
                    (
                        SELECT format(' (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                        FROM pg_attribute AS a
                        WHERE a.attrelid = p.prrelid AND a.attnum = ANY (p.prattrs::smallint[])
                        HAVING count(*) > 0
                    ),
                    ' WHERE (' || pg_get_expr(p.prqual, p.prrelid) || ')',
                    '; EXCEPTION WHEN duplicate_object THEN NULL; END'
                )
            )
        FROM tab AS t
        JOIN pg_publication_rel AS p ON p.prrelid = t.oid
        JOIN pg_publication AS b ON b.oid = p.prpubid
        WHERE current_setting('server_version_num')::int < 180000
        UNION ALL
        -- A dump has the last id, but not these.
        SELECT 17, t.name, 'options', 'warning',
            format('ALTER SEQUENCE %s INCREMENT %s MINVALUE %s MAXVALUE %s START %s CACHE %s', t.name, s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache)
        FROM tab AS t
        JOIN pg_sequence AS s ON s.seqrelid = t.oid
        WHERE t.relname = 'tasks_id_seq' AND (s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache) <> (1, 1, 2147483647, 1, 1)
        UNION ALL
        SELECT 18, o.relation, concat_ws(' on ', 'comment', o.what), 'warning', format('COMMENT ON %s IS %L', o.target, d.description)
        FROM (
            SELECT 'pg_class'::regclass AS classid, t.oid, 0 AS subid, t.name AS relation, NULL AS what, t.kind || ' ' || t.name AS target
            FROM tab AS t
            UNION ALL
            SELECT 'pg_class'::regclass, c.attrelid, c.attnum, c.table_name, format('column %I', c.attname), format('COLUMN %s.%I', c.table_name, c.attname)
            FROM table_column AS c
            UNION ALL
            SELECT 'pg_class'::regclass, i.indexrelid, 0, i.table_name, format('index %I', i.relname), 'INDEX ' || i.indexrelid::regclass
            FROM table_index AS i
            UNION ALL
            SELECT 'pg_constraint'::regclass, k.oid, 0, t.name, format('constraint %I', k.conname), format('CONSTRAINT %I ON %s', k.conname, t.name)
            FROM pg_constraint AS k
            JOIN tab AS t ON t.oid = k.conrelid
            UNION ALL
            SELECT 'pg_trigger'::regclass, g.oid, 0, g.table_name, format('trigger %I', g.tgname), format('TRIGGER %I ON %s', g.tgname, g.table_name)
            FROM table_trigger AS g
            UNION ALL
            SELECT 'pg_rewrite'::regclass, r.oid, 0, r.table_name, format('rule %I', r.rulename), format('RULE %I ON %s', r.rulename, r.table_name)
            FROM table_rule AS r
            UNION ALL
            SELECT 'pg_policy'::regclass, p.oid, 0, p.table_name, format('policy %I', p.polname), format('POLICY %I ON %s', p.polname, p.table_name)
            FROM table_policy AS p
            UNION ALL
            SELECT 'pg_statistic_ext'::regclass, s.oid, 0, s.table_name, format('statistics %s', s.name), 'STATISTICS ' || s.name
            FROM statistic AS s
        ) AS o
        JOIN pg_description AS d ON d.classoid = o.classid AND d.objoid = o.oid AND d.objsubid = o.subid
    )
    SELECT f.object || ' of ' || f.relation, f.severity, f.ddl
    FROM found AS f
    ORDER BY f.severity, f.place, f.relation, f.object, f.ddl
$$;

COMMENT ON FUNCTION todo_internal.additions(text[], text[]) IS
    'Returns what has been added to the tables, views and sequences of extensions';

REVOKE ALL ON FUNCTION todo_internal.additions(text[], text[]) FROM PUBLIC;
