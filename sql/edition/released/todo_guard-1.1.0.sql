-- todo_guard 1.1.0, SQL edition: event triggers that refuse commands which would drop users and tasks, or change what todo needs.
-- Run it after the scripts of todo and todo_auth, and again after each of their updates, as a role that may create event triggers. It
-- creates schema todo_guard. DROP SCHEMA todo_guard CASCADE takes the guard away.
-- A dump restores the guard only for a role that may create event triggers. Others leave it out by a list: pg_restore --list, then --use-list.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    messages CONSTANT pg_catalog.text := pg_catalog.current_setting('client_min_messages');
    -- Qualified, as search_path could lead to a type of this name.
    old pg_catalog.record;
    statement pg_catalog.text;
    granted pg_catalog.record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    -- PostgreSQL would list what an older guard consisted of.
    PERFORM set_config('client_min_messages', 'warning', true);
    IF NOT EXISTS (
        SELECT
        FROM pg_namespace AS n
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'installed'
        JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = 'expected_todo'
        WHERE n.nspname = 'todo_internal'
    ) THEN
        RAISE EXCEPTION 'todo_guard needs the SQL edition of todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run its script first.';
    END IF;
    SELECT pg_get_userbyid(n.nspowner) AS owner, EXISTS (
        SELECT FROM pg_proc AS p WHERE p.pronamespace = n.oid AND p.proname = 'judge'
    ) AS is_guard
    INTO old
    FROM pg_namespace AS n
    WHERE n.nspname = 'todo_guard';
    IF NOT old.is_guard OR old.owner <> current_user THEN
        RAISE EXCEPTION 'there is a schema todo_guard already, of role %', old.owner
            USING ERRCODE = 'duplicate_schema', HINT = 'If it is an older guard, its owner can replace it. If not: DROP SCHEMA todo_guard CASCADE.';
    ELSIF old.is_guard THEN
        DROP SCHEMA todo_guard CASCADE;
    END IF;

    BEGIN
        FOREACH statement IN ARRAY ARRAY[
$statement$CREATE SCHEMA todo_guard$statement$,
$statement$COMMENT ON SCHEMA todo_guard IS 'todo_guard 1.1.0'$statement$,
$statement$CREATE FUNCTION todo_internal.described(
    home regnamespace,
    relations oid[]
)
RETURNS TABLE (
    relid oid, schema text, relation text, kind text, name text, definition text, weakness text, place bigint
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
-- Statements are planned once in a session.
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    app CONSTANT text := home::text;
    c record;
BEGIN
    FOR c IN
        SELECT
            r.oid, r.relname, r.relkind, CASE WHEN r.relnamespace = home THEN '@' ELSE n.nspname END AS schema,
            format('%s.%I', r.relnamespace::regnamespace, r.relname) AS identity,
            format('%s.%I', CASE WHEN r.relnamespace = home THEN '@' ELSE r.relnamespace::regnamespace::text END, r.relname) AS printed,
            CASE
                WHEN r.relpersistence <> 'p' THEN 'lost in a crash'
                WHEN r.relispartition THEN 'a partition'
                WHEN r.reloftype <> 0 THEN 'of a type'
                WHEN EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = r.oid OR i.inhparent = r.oid)
                    THEN 'inherits, or is inherited from'
                ELSE 'ordinary'
            END AS storage,
            m.amname
        FROM pg_class AS r
        JOIN pg_namespace AS n ON n.oid = r.relnamespace
        LEFT JOIN pg_am AS m ON m.oid = r.relam
        WHERE r.oid = ANY (relations)
    LOOP
        relid := c.oid;
        schema := c.schema;
        relation := c.relname;

        IF c.relkind IN ('r', 'S') THEN
            RETURN QUERY VALUES (relid, schema, relation, 'storage', relation, c.storage, NULL, NULL::bigint);
        END IF;

        IF c.relkind = 'S' THEN
            RETURN QUERY
            SELECT relid, schema, relation, v.kind, relation, v.definition, NULL, NULL::bigint
            FROM pg_sequence AS s
            CROSS JOIN LATERAL (
                VALUES
                    -- Which positive ids it gives, and in what steps, is the application's affair: databases can share the ids.
                    (
                        'sequence',
                        concat_ws(
                            ', ', s.seqtypid::regtype,
                            CASE WHEN s.seqmin < 1 THEN format('from %s', s.seqmin) ELSE 'positive' END,
                            CASE WHEN s.seqincrement < 0 THEN 'descending' ELSE 'ascending' END,
                            CASE WHEN s.seqcycle THEN 'cycling' END
                        )
                    ),
                    (
                        'sequence owner',
                        coalesce(
                            (
                                SELECT format('%s.%s', o.relname, a.attname)
                                FROM pg_depend AS d
                                JOIN pg_class AS o ON o.oid = d.refobjid
                                JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                                WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
                                  AND d.refclassid = 'pg_class'::regclass
                            ),
                            'none'
                        )
                    )
            ) AS v (kind, definition)
            WHERE s.seqrelid = c.oid;
            CONTINUE;
        END IF;

        IF c.relkind = 'r' THEN
            RETURN QUERY VALUES (relid, schema, relation, 'access method', relation, c.amname::text, NULL, NULL::bigint);

            RETURN QUERY
            SELECT relid, schema, relation, v.kind, a.attname::text, v.definition, NULL, row_number() OVER (PARTITION BY v.kind ORDER BY a.attnum)
            FROM pg_attribute AS a
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            CROSS JOIN LATERAL (
                VALUES
                    (
                        'column',
                        concat_ws(
                            ' ', format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attcollation NOT IN (0, '"default"'::regcollation) THEN 'COLLATE ' || a.attcollation::regcollation END,
                            CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                            CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN 'GENERATED' END
                        )
                    ),
                    ('default', coalesce(replace(pg_get_expr(d.adbin, d.adrelid), '(''' || app || '.', '(''@.'), 'none'))
            ) AS v (kind, definition)
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped;

            -- From 18 on, NOT NULL is a constraint as well: the column's row shows it.
            RETURN QUERY
            SELECT
                relid, schema, relation, 'constraint', k.conname::text,
                CASE k.contype
                    WHEN 'f' THEN replace(pg_get_constraintdef(k.oid), ' REFERENCES ' || app || '.', ' REFERENCES @.')
                    ELSE pg_get_constraintdef(k.oid)
                END,
                CASE
                    WHEN NOT k.convalidated THEN 'not validated'
                    WHEN k.contype = 'f' AND EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
                        THEN 'not checked'
                END,
                NULL::bigint
            FROM pg_constraint AS k
            WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x');

            RETURN QUERY
            SELECT
                relid, schema, relation, 'index', x.relname::text,
                -- Without settings such as fillfactor.
                regexp_replace(
                    replace(pg_get_indexdef(i.indexrelid), format(' ON %s ', c.identity), format(' ON %s ', c.printed)), ' WITH [(][^)]*[)]', ''
                ),
                CASE WHEN NOT i.indisvalid OR NOT i.indisready OR NOT i.indislive THEN 'not valid' END, NULL::bigint
            FROM pg_index AS i
            JOIN pg_class AS x ON x.oid = i.indexrelid
            WHERE i.indrelid = c.oid
              AND NOT EXISTS (
                  SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
              );
        END IF;

        RETURN QUERY
        SELECT relid, schema, relation, v.kind, t.tgname::text, v.definition, v.weakness, NULL::bigint
        FROM pg_trigger AS t
        JOIN pg_proc AS f ON f.oid = t.tgfoid
        JOIN pg_language AS l ON l.oid = f.prolang
        CROSS JOIN LATERAL (
            VALUES
                (
                    'trigger',
                    replace(pg_get_triggerdef(t.oid), format(' ON %s ', c.identity), format(' ON %s ', c.printed))
                        || CASE t.tgenabled WHEN 'A' THEN format('; ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', c.printed, t.tgname) ELSE '' END,
                    CASE WHEN t.tgenabled NOT IN ('O', 'A') THEN 'disabled' END
                ),
                ('function', format('%s %s', l.lanname, md5(f.prosrc)), NULL)
        ) AS v (kind, definition, weakness)
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal;

        RETURN QUERY
        SELECT relid, schema, relation, 'dependence of ' || p.kind, p.name::text, e.extname::text, NULL, NULL::bigint
        FROM (
            SELECT 'index', 'pg_class'::regclass::oid, x.oid, x.relname
            FROM pg_index AS i
            JOIN pg_class AS x ON x.oid = i.indexrelid
            WHERE i.indrelid = c.oid
            UNION ALL
            SELECT 'trigger', 'pg_trigger'::regclass, t.oid, t.tgname
            FROM pg_trigger AS t
            WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
        ) AS p (kind, classid, objid, name)
        JOIN pg_depend AS d ON d.classid = p.classid AND d.objid = p.objid AND d.deptype = 'x'
        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid;
    END LOOP;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.described(regnamespace, oid[]) IS
    'Returns what relations are like: a row for each column, default, constraint, index, trigger and other fact'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.described(regnamespace, oid[]) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_guard.facts(
    home regnamespace,
    objects oid[]
)
RETURNS TABLE (object oid, kind text, name text, definition text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
AS $$
    SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'table' END, format('%I.%I', n.nspname, c.relname),
        CASE c.relkind
            WHEN 'v' THEN md5(
                pg_get_viewdef(c.oid) || CASE
                    -- Views are security_invokers where a role is isolated.
                    WHEN coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'security_invoker'), false) = EXISTS (
                        SELECT
                        FROM pg_policy AS p
                        JOIN pg_class AS u ON u.oid = p.polrelid AND u.relname = 'users' AND u.relnamespace = home
                        WHERE p.polname IN ('todo_isolated', 'todo_everyone')
                    )
                    THEN ''
                    ELSE coalesce(substring(c.reloptions::text FROM 'security_invoker=\w+'), 'none')
                END
            )
            ELSE ''
        END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (objects)
    UNION ALL
    -- Whether a trigger is disabled, and whether an index or trigger would be dropped with an extension, is part of its definition.
    SELECT d.relid, replace(d.kind, 'dependence of ', ''), d.name,
        string_agg(
            d.definition || CASE WHEN d.weakness IN ('disabled', 'not checked') THEN ', ' || d.weakness ELSE '' END, ', dropped with '
            ORDER BY d.kind LIKE 'dependence%', d.definition
        )
    FROM todo_internal.described(home, objects) AS d
    WHERE d.kind <> 'function'
    GROUP BY d.relid, replace(d.kind, 'dependence of ', ''), d.name
    UNION ALL
    SELECT p.oid, 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid))
    FROM pg_proc AS p
    WHERE p.oid = ANY (objects) AND p.prokind <> 'a'
    UNION ALL
    SELECT n.oid, 'schema', n.nspname, ''
    FROM pg_namespace AS n
    WHERE n.oid = ANY (objects)
$$$statement$,
$statement$CREATE FUNCTION todo_guard.known()
RETURNS TABLE (object oid, kind text, name text, expected text, found text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.object, r.kind, r.name, r.expected, r.found
    FROM pg_description AS d
    CROSS JOIN LATERAL jsonb_to_recordset(d.description::jsonb) AS r (object oid, kind text, name text, expected text, found text)
    WHERE d.classoid = 'pg_proc'::regclass AND d.objoid = 'todo_guard.known'::regproc
$$$statement$,
$statement$CREATE FUNCTION todo_guard.keep(
    home regnamespace,
    facts jsonb
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
BEGIN
    EXECUTE format('COMMENT ON FUNCTION todo_guard.known() IS %L', facts);
    EXECUTE format('COMMENT ON FUNCTION todo_guard.judge() IS %L', (
        SELECT concat_ws(
            ' ', 'todo_guard.judge'::regproc::oid, coalesce(home::oid, 0),
            concat(',', string_agg(DISTINCT f.object::text, ','), ',', string_agg(f.name, ',') FILTER (WHERE f.kind = 'index' AND f.name ~ '^\w+$'), ',')
        )
        FROM jsonb_to_recordset(facts) AS f (object oid, kind text, name text)
    ));
END
$$$statement$,
$statement$CREATE FUNCTION todo_guard.remember()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    -- Not that of the extension, which has a guard of its own.
    internal CONSTANT oid := (
        SELECT n.oid FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'installed' WHERE n.nspname = 'todo_internal'
    );
    auth CONSTANT oid := (
        SELECT a.oid FROM pg_namespace AS a JOIN pg_namespace AS n ON n.oid = internal AND n.nspowner = a.nspowner WHERE a.nspname = 'todo_auth'
    );
    home CONSTANT oid := (
        SELECT c.relnamespace
        FROM pg_proc AS p
        JOIN pg_trigger AS t ON t.tgfoid = p.oid
        JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relname = 'users'
        WHERE p.pronamespace = internal AND p.proname = 'users_before_row'
        ORDER BY c.oid
        LIMIT 1
    );
    facts jsonb;
BEGIN
    WITH expected AS MATERIALIZED (
        SELECT c.oid AS object, v.value[3] AS kind, v.value[4] AS name, v.value[5] AS definition
        FROM pg_proc AS p
        CROSS JOIN LATERAL regexp_matches(
            p.prosrc, replace('\((#), (#), (#), (#), (#)\)', '#', 'E?''(?:[^'']|'''')*'''), 'g'
        ) WITH ORDINALITY AS m (literals, number)
        CROSS JOIN LATERAL (
            SELECT array_agg(
                CASE
                    WHEN l.literal LIKE 'E%' THEN replace(replace(substr(l.literal, 3, length(l.literal) - 3), '''''', ''''), '\\', '\')
                    ELSE replace(substr(l.literal, 2, length(l.literal) - 2), '''''', '''')
                END
                ORDER BY l.place
            ) AS value
            FROM unnest(m.literals) WITH ORDINALITY AS l (literal, place)
        ) AS v
        JOIN pg_namespace AS n ON CASE v.value[1] WHEN '@' THEN n.oid = home ELSE n.oid = auth AND n.nspname = v.value[1] END
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = v.value[2]
        WHERE p.pronamespace = internal AND (p.proname = 'expected_todo' OR p.proname = 'expected_todo_auth' AND auth IS NOT NULL)
          AND v.value[3] <> 'function' AND v.value[3] NOT LIKE 'dependence %'
    ), object AS MATERIALIZED (
        SELECT n.oid FROM pg_namespace AS n WHERE n.oid IN (internal, auth, home)
        UNION ALL
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.relkind IN ('r', 'v', 'S')
          AND (
              c.relnamespace IN (internal, auth)
              OR c.relnamespace = home AND c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')
          )
        UNION ALL
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.pronamespace IN (internal, auth, 'todo_guard'::regnamespace)
           OR p.pronamespace = home AND p.proname IN (
'todo_authenticate',
'todo_change_password',
'todo_check',
'todo_check_password',
'todo_clear_completed',
'todo_complete_all',
'todo_complete_task',
'todo_completed_per_day',
'todo_completed_tasks',
'todo_create_task',
'todo_create_tasks',
'todo_create_user',
'todo_current_user_id',
'todo_delete_task',
'todo_delete_user',
'todo_export_user',
'todo_filter_tasks',
'todo_find_user',
'todo_get_task',
'todo_get_user',
'todo_grant',
'todo_hash_password',
'todo_import_tasks',
'todo_list_tasks',
'todo_not_in_dumps',
'todo_pending_tasks',
'todo_release_tables',
'todo_revoke',
'todo_search_text',
'todo_search_words',
'todo_set_active',
'todo_set_password_hash',
'todo_task_counts',
'todo_task_cursor',
'todo_task_stats',
'todo_toggle_task',
'todo_update_task',
'todo_update_user',
'todo_verify_email'
           )
    )
    SELECT jsonb_agg(jsonb_build_object(
        'object', coalesce(e.object, f.object), 'kind', coalesce(e.kind, f.kind), 'name', coalesce(e.name, f.name),
        'expected', coalesce(e.definition, f.definition), 'found', f.definition
    ))
    INTO facts
    FROM todo_guard.facts(home, ARRAY(SELECT o.oid FROM object AS o)) AS f
    FULL JOIN expected AS e ON e.object = f.object AND e.kind = f.kind AND e.name = f.name
    WHERE e.object IS NOT NULL OR f.kind IN ('schema', 'table', 'view', 'function')
       OR NOT EXISTS (SELECT FROM expected AS x WHERE x.object = f.object);
    PERFORM todo_guard.keep(home, facts);
END
$$$statement$,
$statement$CREATE FUNCTION todo_guard.lifted()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(current_setting('todo.guard', true), '') = 'off' AND pg_has_role(session_user, current_user, 'MEMBER')
$$$statement$,
$statement$CREATE FUNCTION todo_guard.start()
RETURNS event_trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    -- Without comments.
    query CONSTANT text := regexp_replace(current_query(), '/[*]([^*]|[*]+[^*/])*[*]+/|--[^\n\r]*', ' ', 'g');
    identifier CONSTANT text := '(?:"(?:[^"]|"")+"|(?![\d$])[\w$]+)';
    named text;
    rest text;
    problem text;
BEGIN
    IF TG_TAG = 'DROP INDEX' THEN
        named := (regexp_match(query, replace('\mdrop\s+index\s+concurrently\s+(if\s+exists\s+)?(#(\s*[.]\s*#)*)\s*(restrict)?[\s;]*$', '#', identifier), 'i'))[2];
        IF named IS NOT NULL THEN
            SELECT format('index %s, which todo needs', k.name) INTO problem
            FROM todo_guard.known() AS k
            JOIN pg_class AS c ON c.oid = k.object
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL parse_ident(named) AS i (parts)
            WHERE k.kind = 'index' AND k.name = i.parts[cardinality(i.parts)] AND (cardinality(i.parts) = 1 OR n.nspname = i.parts[1]);
        ELSIF query ~* '\mconcurrently\M' THEN
            problem := 'an index CONCURRENTLY by a statement that the guard does not understand';
        END IF;
    ELSIF TG_TAG = 'DROP EXTENSION' THEN
        IF query ~* replace('\mdrop\s+extension\s+(if\s+exists\s+)?(#\s*,\s*)*"?plpgsql\M', '#', identifier) THEN
            problem := 'extension plpgsql, which todo needs';
        END IF;
    ELSE
        -- DROP OWNED drops this guard together with todo if both have the same owner. It is allowed if it plainly names other roles.
        rest := regexp_replace(query, replace('\mowned\s+by\s+#(\s*,\s*#)*', '#', identifier), '', 'gi');
        IF rest = query OR rest ~* '\mowned\M|&' OR EXISTS (
            SELECT
            FROM regexp_matches(query, replace('\mowned\s+by\s+(#(\s*,\s*#)*)', '#', identifier), 'gi') AS m (roles)
            CROSS JOIN LATERAL regexp_matches(m.roles[1], identifier, 'g') AS r (role)
            WHERE (parse_ident(r.role[1]))[1] IN (current_user, 'current_user', 'current_role', 'session_user')
        ) THEN
            SELECT format('the objects of role %s, which todo needs', current_user) INTO problem
            FROM pg_namespace AS n
            WHERE n.nspname = 'todo_internal' AND pg_get_userbyid(n.nspowner) = current_user;
        END IF;
    END IF;
    IF problem IS NOT NULL AND NOT todo_guard.lifted() THEN
        RAISE EXCEPTION 'cannot drop %', problem
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = format('A superuser or a member of role %s can lift the guard for the session: SET todo.guard = off.', current_user);
    END IF;
END
$$$statement$,
$statement$CREATE FUNCTION todo_guard.judge()
RETURNS event_trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Catalogs are looked up by their indexes, even if they were small when a session planned this.
SET enable_seqscan = off
AS $$
DECLARE
    own CONSTANT oid := 'todo_guard.judge'::regproc;
    is_here boolean;
    touched oid[];
    home regnamespace;
    changes jsonb;
    problem text;
BEGIN
    -- These two are one statement each, because most commands touch nothing of todo. The list is what keep() has made.
    IF TG_TAG = 'COMMENT' THEN
        RETURN;
    ELSIF TG_EVENT = 'sql_drop' THEN
        SELECT
            bool_and(coalesce(starts_with(l.description, own || ' '), false)),
            array_agg(o.oid) FILTER (WHERE l.description LIKE '%,' || o.oid || ',%')
        INTO is_here, touched
        FROM pg_event_trigger_dropped_objects() AS d
        LEFT JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            -- The table of a constraint, default or trigger.
            SELECT c.oid
            FROM pg_namespace AS n
            JOIN pg_class AS c ON c.relnamespace = n.oid
            WHERE n.nspname = d.address_names[1] AND c.relname = d.address_names[2] AND cardinality(d.address_names) = 3
        ) AS o (oid);
        -- Any other command that drops an index also drops its table, a column or a constraint.
        IF TG_TAG = 'DROP INDEX' AND EXISTS (
            SELECT
            FROM pg_event_trigger_dropped_objects() AS d
            JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
            WHERE position(',' || d.object_name || ',' IN l.description) > 0
        ) THEN
            SELECT array_agg(k.object) INTO touched
            FROM pg_event_trigger_dropped_objects() AS d
            JOIN todo_guard.known() AS k ON k.kind = 'index' AND k.name = d.object_name;
        END IF;
    ELSE
        SELECT
            bool_and(coalesce(starts_with(l.description, own || ' '), false)),
            array_agg(o.oid) FILTER (WHERE l.description LIKE '%,' || o.oid || ',%')
        INTO is_here, touched
        FROM pg_event_trigger_ddl_commands() AS d
        LEFT JOIN pg_description AS l ON l.classoid = 'pg_proc'::regclass AND l.objoid = own
        CROSS JOIN LATERAL (
            SELECT d.objid
            UNION ALL
            SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = d.objid
            UNION ALL
            SELECT k.conrelid FROM pg_constraint AS k WHERE k.oid = d.objid
            UNION ALL
            SELECT t.tgrelid FROM pg_trigger AS t WHERE t.oid = d.objid
            UNION ALL
            SELECT w.ev_class FROM pg_rewrite AS w WHERE w.oid = d.objid
            UNION ALL
            SELECT CASE d.objid WHEN h.inhrelid THEN h.inhparent ELSE h.inhrelid END
            FROM pg_inherits AS h
            WHERE h.inhrelid = d.objid OR h.inhparent = d.objid
        ) AS o (oid);
    END IF;
    IF NOT is_here THEN
        IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
            RAISE EXCEPTION 'this transaction is older than the guard of todo'
                USING ERRCODE = 'active_sql_transaction', HINT = 'Begin a new transaction, or use READ COMMITTED.';
        END IF;
        PERFORM todo_guard.remember();
        RETURN;
    ELSIF touched IS NULL THEN
        RETURN;
    END IF;

    SELECT split_part(l.description, ' ', 2)::oid INTO home
    FROM pg_description AS l
    WHERE l.classoid = 'pg_proc'::regclass AND l.objoid = own;

    WITH changed AS MATERIALIZED (
        SELECT k.object, k.kind, k.name, k.expected, k.found AS was, n.definition AS found
        FROM todo_guard.known() AS k
        LEFT JOIN todo_guard.facts(home, touched) AS n ON n.object = k.object AND n.kind = k.kind AND n.name = k.name
        WHERE k.object = ANY (touched) AND n.definition IS DISTINCT FROM k.found
    )
    SELECT
        jsonb_agg(to_jsonb(c) - 'was'),
        (
            array_agg(
                concat_ws(
                    ' ', c.kind, c.name,
                    CASE WHEN c.kind IN ('column', 'default', 'constraint', 'index', 'trigger') THEN 'of ' || c.object::regclass END
                )
                ORDER BY c.kind IN ('schema', 'table', 'view') DESC, c.kind, c.name
            ) FILTER (WHERE c.was IS NOT NULL AND c.found IS DISTINCT FROM c.expected)
        )[1]
    INTO changes, problem
    FROM changed AS c;
    IF problem IS NOT NULL AND NOT todo_guard.lifted() THEN
        RAISE EXCEPTION 'cannot drop or change %, which todo needs as it is', problem
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = format('A superuser or a member of role %s can lift the guard for the session: SET todo.guard = off.', current_user);
    END IF;
    IF changes IS NOT NULL THEN
        -- This waits for other sessions that keep facts, so that what they have kept is read next.
        COMMENT ON FUNCTION todo_guard.keep(regnamespace, jsonb) IS NULL;
        SELECT changes || coalesce(jsonb_agg(to_jsonb(k)), '[]') INTO changes
        FROM todo_guard.known() AS k
        WHERE NOT EXISTS (
            SELECT FROM jsonb_to_recordset(changes) AS c (object oid, kind text, name text)
            WHERE c.object = k.object AND c.kind = k.kind AND c.name = k.name
        );
        -- Without todo, nothing is left to be guarded.
        PERFORM todo_guard.keep(
            home, CASE WHEN EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN changes ELSE '[]' END
        );
    END IF;
END
$$$statement$,
$statement$SELECT todo_guard.remember()$statement$,
$statement$CREATE EVENT TRIGGER todo_guard_on_start
    ON ddl_command_start
    WHEN TAG IN ('DROP INDEX', 'DROP EXTENSION', 'DROP OWNED')
    EXECUTE FUNCTION todo_guard.start()$statement$,
$statement$CREATE EVENT TRIGGER todo_guard_on_drop
    ON sql_drop
    EXECUTE FUNCTION todo_guard.judge()$statement$,
$statement$CREATE EVENT TRIGGER todo_guard_on_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_guard.judge()$statement$,
$statement$ALTER EVENT TRIGGER todo_guard_on_start ENABLE ALWAYS$statement$,
$statement$ALTER EVENT TRIGGER todo_guard_on_drop ENABLE ALWAYS$statement$,
$statement$ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS$statement$
        ]
        LOOP
            EXECUTE replace(statement, 'todo_internal.', 'todo_guard.');
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may not create the guard: %', current_user, SQLERRM
            USING ERRCODE = 'insufficient_privilege',
                HINT = 'Run it as a role that may create schemas and event triggers: a superuser, or the main user of the database service.';
    END;
    -- ALTER DEFAULT PRIVILEGES may have given rights to others.
    FOR granted IN
        SELECT DISTINCT o.kind, o.identity, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
        FROM pg_namespace AS n
        CROSS JOIN LATERAL (
            SELECT 'SCHEMA' AS kind, n.nspname::text AS identity, n.nspacl AS acl
            UNION ALL
            SELECT 'FUNCTION', p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc AS p WHERE p.pronamespace = n.oid
        ) AS o
        CROSS JOIN LATERAL aclexplode(o.acl) AS a
        WHERE n.nspname = 'todo_guard' AND a.grantee <> n.nspowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.identity, granted.grantee);
    END LOOP;
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true), set_config('client_min_messages', messages, true);
END
$todo$;
