-- Whether everything is as the extension made it: one row a check. detail is what was found, fix the SQL or step that puts
-- it right (NULL when ok). Reads catalogs, the sequence and the largest task id; works on a standby.
-- It answers in every state: its body is bound to objects, not to names, and what cannot be read is a row of the result.
-- With the owner's rights: the caller need not have any on the objects that are looked at.
CREATE FUNCTION @extschema@.todo_check()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
BEGIN ATOMIC
    WITH extension AS (
        SELECT e.oid, e.extversion, e.extconfig, a.default_version, e.extnamespace, e.extnamespace::regnamespace::text AS app
        FROM pg_extension AS e
        LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
        WHERE e.extname = 'todo'
    ), relation AS (
        SELECT c.oid, c.relname, e.app, e.app || '.' || c.relname AS qualified
        FROM extension AS e
        JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname IN ('users', 'tasks', 'tasks_id_seq')
    ), wanted_column (relname, attname, type, expression) AS (
        VALUES
            ('users', 'id', 'character varying(36) NOT NULL', '(gen_random_uuid())::text'),
            ('users', 'email', 'character varying(255) NOT NULL', NULL),
            ('users', 'name', 'character varying(100) NOT NULL', NULL),
            ('users', 'hashed_password', 'character varying(255) NOT NULL', '''!''::character varying'),
            ('users', 'created_at', 'timestamp without time zone NOT NULL', '(now() AT TIME ZONE ''UTC''::text)'),
            ('users', 'updated_at', 'timestamp without time zone NOT NULL', '(now() AT TIME ZONE ''UTC''::text)'),
            ('users', 'is_active', 'boolean NOT NULL', 'true'),
            ('users', 'email_verified', 'boolean NOT NULL', 'false'),
            ('tasks', 'id', 'integer NOT NULL', 'nextval(''@.tasks_id_seq''::regclass)'),
            ('tasks', 'user_id', 'character varying(36) NOT NULL', NULL),
            ('tasks', 'title', 'character varying(200) NOT NULL', NULL),
            ('tasks', 'description', 'text', NULL),
            ('tasks', 'completed', 'boolean NOT NULL', 'false'),
            ('tasks', 'created_at', 'timestamp without time zone NOT NULL', '(now() AT TIME ZONE ''UTC''::text)'),
            ('tasks', 'updated_at', 'timestamp without time zone NOT NULL', '(now() AT TIME ZONE ''UTC''::text)'),
            ('tasks', 'completed_at', 'timestamp without time zone', NULL)
    ), actual_column AS (
        SELECT
            r.relname, a.attname,
            format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS type,
            -- PostgreSQL 13 writes AT TIME ZONE as the function that it is.
            replace(
                pg_get_expr(d.adbin, d.adrelid), 'timezone(''UTC''::text, now())', '(now() AT TIME ZONE ''UTC''::text)'
            ) AS expression
        FROM relation AS r
        JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE r.relname IN ('users', 'tasks')
    ), wanted_part (kind, relname, part, definition) AS (
        -- The definition of a CHECK by its checksum.
        VALUES
            ('constraint', 'users', 'users_pkey', 'PRIMARY KEY (id)'),
            ('constraint', 'users', 'users_id_check', 'md5 3a66ce46be167bd3cb4a172c788a77f6'),
            ('constraint', 'users', 'users_email_check', 'md5 e692e28ed59ddfcfa47427d5d5183925'),
            ('constraint', 'users', 'users_name_check', 'md5 aaa2d2b0b49b2e356f8e3e3ffb41ab9f'),
            ('constraint', 'users', 'users_hashed_password_check', 'md5 3b2a923e0f5d250155a6f9ca76c1e69b'),
            ('constraint', 'tasks', 'tasks_pkey', 'PRIMARY KEY (id)'),
            ('constraint', 'tasks', 'tasks_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES @.users(id) ON DELETE CASCADE'),
            ('constraint', 'tasks', 'tasks_title_check', 'md5 3cee70d4e7a6e606ba75f0f8630a2d62'),
            ('constraint', 'tasks', 'tasks_description_check', 'md5 07eb84a7d83d759e907d0cec030d122e'),
            ('index', 'users', 'ix_users_email', 'CREATE UNIQUE INDEX ix_users_email ON @.users USING btree (email)'),
            (
                'index', 'users', 'ix_users_email_folded',
                'CREATE UNIQUE INDEX ix_users_email_folded ON @.users USING btree (lower(((email)::text COLLATE "C")))'
            ),
            ('index', 'tasks', 'ix_tasks_user_id', 'CREATE INDEX ix_tasks_user_id ON @.tasks USING btree (user_id)'),
            (
                'index', 'tasks', 'ix_tasks_user_completed',
                'CREATE INDEX ix_tasks_user_completed ON @.tasks USING btree (user_id, completed)'
            ),
            ('index', 'tasks', 'ix_tasks_created_at', 'CREATE INDEX ix_tasks_created_at ON @.tasks USING btree (created_at)'),
            (
                'trigger', 'users', 'zz_todo_before_row',
                'CREATE TRIGGER zz_todo_before_row BEFORE INSERT OR UPDATE ON @.users FOR EACH ROW '
                    'EXECUTE FUNCTION todo_internal.users_before_row()'
            ),
            (
                'trigger', 'tasks', 'zz_todo_before_row',
                'CREATE TRIGGER zz_todo_before_row BEFORE INSERT OR UPDATE ON @.tasks FOR EACH ROW '
                    'EXECUTE FUNCTION todo_internal.tasks_before_row()'
            )
    ), actual_part AS (
        SELECT 'constraint' AS kind, k.conname AS part, r.relname,
            CASE k.contype
                WHEN 'c' THEN 'md5 ' || md5(pg_get_constraintdef(k.oid))
                ELSE pg_get_constraintdef(k.oid)
            END AS definition,
            CASE
                WHEN NOT k.convalidated THEN 'not validated'
                WHEN EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
                    THEN 'not checked'
            END AS weakness
        FROM relation AS r
        JOIN pg_constraint AS k ON k.conrelid = r.oid
        UNION ALL
        SELECT 'index', c.relname, r.relname, pg_get_indexdef(i.indexrelid),
            CASE WHEN NOT i.indisvalid OR NOT i.indisready OR NOT i.indislive THEN 'not valid' END
        FROM relation AS r
        JOIN pg_index AS i ON i.indrelid = r.oid
        JOIN pg_class AS c ON c.oid = i.indexrelid
        UNION ALL
        SELECT 'trigger', t.tgname, r.relname, pg_get_triggerdef(t.oid),
            CASE
                WHEN t.tgenabled NOT IN ('O', 'A') THEN 'disabled'
                WHEN p.prolang <> (SELECT l.oid FROM pg_language AS l WHERE l.lanname = 'c') THEN 'function replaced'
            END
        FROM relation AS r
        JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
        JOIN pg_proc AS p ON p.oid = t.tgfoid
    ), checked (place, name, ok, detail, fix) AS (
        SELECT 1, 'version', e.extversion = e.default_version,
            format('%s, installed on the server: %s', e.extversion, coalesce(e.default_version, 'none')),
            CASE WHEN e.default_version IS NULL THEN 'install the extension''s files' ELSE 'ALTER EXTENSION todo UPDATE' END
        FROM extension AS e
        UNION ALL
        SELECT 2, 'encoding', getdatabaseencoding() = 'UTF8', getdatabaseencoding()::text, 'restore a dump into a database with encoding UTF8'
        UNION ALL
        SELECT 3, 'membership of ' || w.relname, d.objid IS NOT NULL,
            CASE
                WHEN d.objid IS NOT NULL THEN 'in the extension'
                WHEN s.oid IS NOT NULL THEN 'in the extension as ' || s.oid::regclass
                ELSE 'not in the extension'
            END,
            CASE
                -- A sequence moves with its table.
                WHEN s.relname = w.relname AND w.kind = 'SEQUENCE' THEN 'fix what else is reported first'
                WHEN s.relname = w.relname THEN format('SET todo.guard = off; ALTER %s %s SET SCHEMA %s', w.kind, s.oid::regclass, e.app)
                WHEN s.oid IS NOT NULL THEN format('SET todo.guard = off; ALTER %s %s RENAME TO %s', w.kind, s.oid::regclass, w.relname)
                ELSE format('ALTER EXTENSION todo ADD %s %s.%s', w.kind, e.app, w.relname)
            END
        FROM extension AS e
        CROSS JOIN (VALUES ('TABLE', 'users', 'email'), ('TABLE', 'tasks', 'title'), ('SEQUENCE', 'tasks_id_seq', 'last_value'))
            AS w (kind, relname, sign)
        LEFT JOIN relation AS r ON r.relname = w.relname
        LEFT JOIN pg_depend AS d
            ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        -- One that has been renamed or moved is known by a column.
        LEFT JOIN LATERAL (
            SELECT c.oid, c.relname
            FROM pg_depend AS m
            JOIN pg_class AS c ON c.oid = m.objid
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.sign
            WHERE m.classid = 'pg_class'::regclass AND m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid
              AND m.deptype = 'e' AND c.relkind = CASE w.kind WHEN 'SEQUENCE' THEN 'S' ELSE 'r' END
            LIMIT 1
        ) AS s ON d.objid IS NULL
        UNION ALL
        SELECT 4, 'dump of ' || r.relname, (r.oid = ANY (e.extconfig)) IS TRUE,
            CASE WHEN r.oid = ANY (e.extconfig) THEN 'rows are in dumps' ELSE 'rows are not in dumps' END,
            'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
        FROM extension AS e
        CROSS JOIN relation AS r
        UNION ALL
        SELECT 5, format('column %s.%s', w.relname, w.attname), (a.type = w.type) IS TRUE, coalesce(a.type, 'missing'),
            format('expected %s', w.type)
        FROM wanted_column AS w
        JOIN relation AS r USING (relname)
        LEFT JOIN actual_column AS a USING (relname, attname)
        UNION ALL
        SELECT 6, format('column %s.%s', a.relname, a.attname), false, 'not the extension''s; a dump cannot be restored',
            format('move it to a table of your own; SET todo.guard = off; ALTER TABLE %s DROP COLUMN %I', r.qualified, a.attname)
        FROM actual_column AS a
        JOIN relation AS r USING (relname)
        WHERE NOT EXISTS (SELECT FROM wanted_column AS w WHERE w.relname = a.relname AND w.attname = a.attname)
        UNION ALL
        SELECT 7, format('default of %s.%s', w.relname, w.attname),
            coalesce(a.expression, 'none') = coalesce(replace(w.expression, '@', r.app), 'none'), coalesce(a.expression, 'none'),
            format(
                'SET todo.guard = off; ALTER TABLE %s.%s ALTER COLUMN %s %s', r.app, w.relname, w.attname,
                coalesce('SET DEFAULT ' || replace(w.expression, '@', r.app), 'DROP DEFAULT')
            )
        FROM relation AS r
        JOIN wanted_column AS w USING (relname)
        LEFT JOIN actual_column AS a USING (relname, attname)
        UNION ALL
        SELECT 8, format('%s %s of %s', w.kind, w.part, w.relname),
            (a.weakness IS NULL AND a.definition = replace(w.definition, '@', e.app)) IS TRUE,
            CASE
                WHEN a.weakness IS NOT NULL THEN a.weakness
                WHEN a.definition = replace(w.definition, '@', e.app) THEN 'in place'
                ELSE coalesce(a.definition, 'missing')
            END,
            CASE
                WHEN a.weakness = 'not validated' THEN
                    format('ALTER TABLE %s.%s VALIDATE CONSTRAINT %s', e.app, w.relname, w.part)
                WHEN a.weakness = 'not valid' THEN format('REINDEX INDEX %s.%s', e.app, w.part)
                WHEN a.weakness = 'not checked' THEN
                    format('ALTER TABLE %1$s.users ENABLE TRIGGER ALL; ALTER TABLE %1$s.tasks ENABLE TRIGGER ALL', e.app)
                WHEN a.weakness = 'disabled' THEN format('ALTER TABLE %s.%s ENABLE TRIGGER %s', e.app, w.relname, w.part)
                WHEN a.weakness = 'function replaced' OR w.definition LIKE 'md5 %' THEN format('put %s back, as todo--%s.sql has it', w.part, e.extversion)
                WHEN a.definition IS NOT NULL THEN 'expected ' || replace(w.definition, '@', e.app)
                WHEN w.kind = 'constraint' THEN
                    format('ALTER TABLE %s.%s ADD CONSTRAINT %s %s', e.app, w.relname, w.part, replace(w.definition, '@', e.app))
                ELSE replace(w.definition, '@', e.app)
            END
        FROM extension AS e
        CROSS JOIN wanted_part AS w
        JOIN relation AS r USING (relname)
        LEFT JOIN actual_part AS a USING (kind, relname, part)
        UNION ALL
        SELECT 9, 'guard', coalesce(t.evtenabled = 'A', false) AND s.setting,
            CASE
                WHEN t.evtenabled IS NULL THEN 'the event trigger is missing'
                WHEN t.evtenabled <> 'A' THEN 'the event trigger is disabled, or not always enabled'
                WHEN NOT s.setting THEN 'todo.guard is off'
                ELSE 'on'
            END,
            CASE
                WHEN t.evtenabled = 'A' THEN 'take todo.guard out of the settings of server, database and role'
                WHEN t.evtenabled IS NOT NULL THEN 'ALTER EVENT TRIGGER todo_guard ENABLE ALWAYS'
                ELSE 'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
            END
        FROM (SELECT coalesce(nullif(current_setting('todo.guard', true), ''), 'on')::boolean) AS s (setting)
        LEFT JOIN pg_event_trigger AS t ON t.evtname = 'todo_guard'
        UNION ALL
        -- Without these, a password that is locked or a user who is deactivated could still sign in by todo_auth.
        SELECT 11, format('trigger %s of %s', w.tgname, w.relname), (t.tgenabled IN ('O', 'A')) IS TRUE,
            CASE WHEN t.tgenabled IN ('O', 'A') THEN 'in place' WHEN t.tgenabled IS NULL THEN 'missing' ELSE 'disabled' END,
            CASE
                WHEN t.tgenabled IS NULL THEN format('put %s back, as todo_auth--%s.sql has it', w.tgname, e.extversion)
                ELSE format('ALTER TABLE %s ENABLE TRIGGER %s', c.oid::regclass, w.tgname)
            END
        FROM pg_extension AS e
        CROSS JOIN (
            SELECT 'users', x.extnamespace, u.tgname
            FROM extension AS x
            CROSS JOIN (VALUES ('todo_auth_deactivated'), ('todo_auth_password_written')) AS u (tgname)
            UNION ALL
            SELECT u.relname, a.extnamespace, u.tgname
            FROM pg_extension AS a
            CROSS JOIN (
                VALUES ('session', 'session_before_write'), ('user', 'user_write'), ('account', 'account_write')
            ) AS u (relname, tgname)
            WHERE a.extname = 'todo_auth'
        ) AS w (relname, namespace, tgname)
        LEFT JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.relname
        LEFT JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = w.tgname
        WHERE e.extname = 'todo_auth'
        UNION ALL
        SELECT 10, 'owner of ' || r.relname,
            NOT o.rolsuper
                AND has_table_privilege(c.relowner, c.oid, 'SELECT') AND has_table_privilege(c.relowner, c.oid, 'INSERT')
                AND has_table_privilege(c.relowner, c.oid, 'UPDATE') AND has_table_privilege(c.relowner, c.oid, 'DELETE')
                AND has_schema_privilege(c.relowner, c.relnamespace, 'USAGE'),
            c.relowner::regrole || CASE
                WHEN o.rolsuper THEN ', a superuser'
                WHEN NOT has_schema_privilege(c.relowner, c.relnamespace, 'USAGE') THEN ', without USAGE on the schema'
                ELSE ''
            END,
            CASE
                WHEN o.rolsuper THEN format('ALTER TABLE %s OWNER TO todo_owner', r.qualified)
                ELSE format(
                    'GRANT ALL ON TABLE %1$s TO %2$s; GRANT USAGE ON SCHEMA %3$s TO %2$s', r.qualified, c.relowner::regrole,
                    c.relnamespace::regnamespace
                )
            END
        FROM relation AS r
        JOIN pg_class AS c ON c.oid = r.oid AND c.relkind = 'r'
        JOIN pg_roles AS o ON o.oid = c.relowner
        UNION ALL
        SELECT 10, 'owner of todo_users', o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT'),
            v.relowner::regrole || CASE WHEN has_table_privilege(v.relowner, u.oid, 'SELECT') THEN '' ELSE ', without SELECT on users' END,
            format('ALTER VIEW %s OWNER TO todo_owner; GRANT SELECT ON TABLE %s TO todo_owner', v.oid::regclass, u.oid::regclass)
        FROM extension AS e
        JOIN pg_class AS v ON v.relnamespace = e.extnamespace AND v.relname = 'todo_users'
        JOIN pg_roles AS o ON o.oid = v.relowner
        JOIN pg_class AS u ON u.relnamespace = e.extnamespace AND u.relname = 'users'
        UNION ALL
        SELECT 11, 'storage of ' || r.relname, f.fault IS NULL, coalesce(f.fault, 'ordinary'),
            CASE f.fault
                WHEN 'lost in a crash' THEN
                    format('SET todo.guard = off; ALTER %s %s SET LOGGED', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.qualified)
                ELSE format('detach or drop what %s is bound to', r.qualified)
            END
        FROM relation AS r
        JOIN pg_class AS c ON c.oid = r.oid
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN c.relpersistence <> 'p' THEN 'lost in a crash'
                WHEN c.relispartition THEN 'a partition'
                WHEN c.reloftype <> 0 THEN 'of a type'
                WHEN EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent)) THEN 'inherits, or is inherited from'
            END
        ) AS f (fault)
        UNION ALL
        SELECT 12, 'sequence tasks_id_seq',
            (s.seqtypid, s.seqincrement, s.seqmax, s.seqmin, s.seqcycle) = ('integer'::regtype, 1, 2147483647, 1, false),
            format('%s from %s to %s by %s', s.seqtypid::regtype, s.seqmin, s.seqmax, s.seqincrement),
            format(
                'SET todo.guard = off; ALTER SEQUENCE %s AS integer INCREMENT 1 MINVALUE 1 MAXVALUE 2147483647 NO CYCLE', r.qualified
            )
        FROM relation AS r
        JOIN pg_sequence AS s ON s.seqrelid = r.oid
        UNION ALL
        SELECT 13, 'sequence tasks_id_seq ahead of tasks', i.problem IS NULL AND i.taken IS NULL,
            coalesce('cannot be read: ' || i.problem, format('next id %s, %s', i.next, coalesce('but there is a task ' || i.taken, 'free'))),
            CASE
                WHEN i.problem IS NULL THEN format('SELECT setval(%L, %s)', e.app || '.tasks_id_seq', i.largest)
                ELSE 'fix what else is reported first'
            END
        FROM extension AS e
        CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
        UNION ALL
        SELECT 14, 'sequence tasks_id_seq below 75 %', i.next < 0.75 * 2147483647,
            format('%s %% of 2147483647 ids given', trunc(100 * (i.next - 1) / 2147483647, 1)),
            'plan before they end: give old tasks away and let the sequence RESTART in a range that is free then'
        FROM extension AS e
        CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
        WHERE i.next IS NOT NULL
        UNION ALL
        SELECT 15, 'rights of ' || s.role, false, s.what, s.fix
        FROM todo_internal.stray_rights() AS s
        UNION ALL
        SELECT 15, 'rights', true, 'nobody has a right on passwords that todo_grant did not give', NULL
        WHERE NOT EXISTS (SELECT FROM todo_internal.stray_rights())
        UNION ALL
        SELECT 16, 'grants of dropped roles', count(d.objoid) = 0,
            format('%s objects with initial privileges of roles that have been dropped; dumps with them cannot be restored', count(d.objoid)),
            'SELECT todo_internal.forget_roles()'
        FROM todo_internal.dangling_grants() AS d
        UNION ALL
        -- What a restore would leave open is a fault; what it would merely lack is not.
        SELECT 17, 'dump of ' || d.object, d.severity <> 'error',
            CASE d.severity
                WHEN 'error' THEN 'left out: a restore without it shows someone more than before'
                ELSE 'left out: todo-admin backup keeps the statement that makes it again'
            END,
            'use todo-admin backup and restore --with-extras; after any other restore, run ' || d.ddl
        FROM @extschema@.todo_not_in_dumps() AS d
    )
    SELECT c.name, c.ok, c.detail, CASE WHEN NOT c.ok THEN c.fix END
    FROM checked AS c
    ORDER BY c.place, c.name;
END;

COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Whether tables, rules, guard and sequence are as the extension made them: one row a check';

REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC;
