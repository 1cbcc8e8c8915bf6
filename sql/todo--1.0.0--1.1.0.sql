-- From 1.0.0 to 1.1.0. No row is changed.
SET LOCAL search_path = pg_catalog, pg_temp;
-- Definitions are compared as PostgreSQL prints them by default.
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Fail rather than make everyone wait behind the lock. A caller's own setting takes precedence.
SELECT set_config('lock_timeout', '10s', true)
WHERE current_setting('lock_timeout') = '0';

DO $$
BEGIN
    -- An older snapshot would not see rows that were committed just before the lock was taken.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'extension todo must be updated in a READ COMMITTED transaction'
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
END
$$;

LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;

-- What follows runs as a superuser and refers to the tables by name. The owner of the schema could rename it and put another in its
-- place. So until the transaction ends, no one can create, rename or drop a schema.
LOCK TABLE pg_catalog.pg_namespace IN SHARE ROW EXCLUSIVE MODE;

DO $$
BEGIN
    IF (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo')
        IS DISTINCT FROM to_regnamespace('@extschema@')::oid
    THEN
        RAISE EXCEPTION 'the schema of extension todo was renamed while this command waited for a lock'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Nothing has been changed. Try again.';
    END IF;
END
$$;

-- When the first lock was taken, the names may have meant other tables.
LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;
-- Notes which members are there already: what was granted on them stays, see ownership.sql.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION todo_internal.present() RETURNS text[] LANGUAGE sql SET search_path = pg_catalog, pg_temp AS %L',
        format(
            'SELECT %L::text[]',
            ARRAY(
                SELECT format('%s %s', d.classid, d.objid)
                FROM pg_depend AS d
                JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
                WHERE e.extname = 'todo'
            )
        )
    );
END
$$;

-- Returns the id of the current user: the setting todo.user_id, or else sub of the claims that PostgREST sets in request.jwt.claims.
-- Returns NULL where neither is set, or both are empty. Functions with an argument user_id take this one if they can do without. A role
-- with todo_grant(role, 'isolated') sees and changes the rows of this user only.
-- Errors: 22P02 todo.user_id is not set, and request.jwt.claims is not JSON.
CREATE FUNCTION @extschema@.todo_current_user_id()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_current_user_id';

COMMENT ON FUNCTION @extschema@.todo_current_user_id() IS
    'Returns the id of the current user: todo.user_id, or else sub of request.jwt.claims';

REVOKE ALL ON FUNCTION @extschema@.todo_current_user_id() FROM PUBLIC;
-- Returns the tables and views of this extension and of those that build on it, and what isolates them. For a table, user_column is the
-- column that says whose a row is: the user's own id, or the foreign key to users. A table without such a column belongs to no user. rows
-- is the condition of the policy. bound are the roles that the policy todo_isolated is for, and is_sound tells whether that policy is as
-- keep_isolation() makes it. is_on tells whether row-level security is on (of a view, whether it shows what its reader may see in the
-- tables), and is_ours whether that is not the application's own doing.
CREATE FUNCTION todo_internal.isolation()
RETURNS TABLE (relid oid, relation text, is_view boolean, rows text, bound oid[], is_sound boolean, is_on boolean, is_ours boolean)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
-- The condition is compared as PostgreSQL prints it by default.
SET quote_all_identifiers = off
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, c.oid, c.relname, c.relkind, c.relrowsecurity, c.reloptions, h.extnamespace AS home
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        JOIN pg_extension AS h ON h.extname = 'todo'
        WHERE e.extname IN (SELECT n FROM todo_internal.extensions() AS n) AND c.relnamespace <> 'todo_internal'::regnamespace
    )
    SELECT m.oid, m.oid::regclass::text, m.relkind = 'v',
        CASE WHEN m.relkind = 'r' THEN
            coalesce(u.name || format(' OPERATOR(pg_catalog.=) (SELECT %s.todo_current_user_id())', m.home::regnamespace), 'false')
        END,
        coalesce(p.polroles, '{}'),
        (
            NOT p.polpermissive AND p.polcmd = '*' AND p.polwithcheck IS NULL
            AND pg_get_expr(p.polqual, p.polrelid) = coalesce(
                '((' || u.name || format(')::text = ( SELECT %s.todo_current_user_id() AS todo_current_user_id))', m.home::regnamespace), 'false'
            )
        ) IS TRUE,
        CASE m.relkind
            WHEN 'v' THEN coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(m.reloptions) AS o WHERE o.option_name = 'security_invoker'), false)
            ELSE m.relrowsecurity
        END,
        m.relkind = 'v' OR EXISTS (SELECT FROM pg_policy AS o WHERE o.polrelid = m.oid AND o.polname = 'todo_everyone')
    FROM member AS m
    LEFT JOIN LATERAL (
        SELECT quote_ident(a.attname) AS name
        FROM todo_internal.expected() AS x
        JOIN pg_constraint AS k ON k.conrelid = m.oid AND k.conname = x.name AND k.contype = 'f' AND cardinality(k.conkey) = 1
        JOIN pg_class AS r ON r.oid = k.confrelid AND r.relname = 'users' AND r.relnamespace = m.home
        JOIN pg_attribute AS a ON a.attrelid = m.oid AND a.attnum = k.conkey[1]
        WHERE x.extension = m.extname AND x.relation = m.relname AND x.kind = 'constraint'
        UNION ALL
        SELECT 'id' WHERE m.extname = 'todo' AND m.relname = 'users'
    ) AS u ON true
    LEFT JOIN pg_policy AS p ON p.polrelid = m.oid AND p.polname = 'todo_isolated';
END;

COMMENT ON FUNCTION todo_internal.isolation() IS
    'Returns the tables and views of the extensions, and what isolates them';

REVOKE ALL ON FUNCTION todo_internal.isolation() FROM PUBLIC;
-- Where a role is isolated, todo_users shows what its reader may see in users. So whoever may read the view gets the right to read these
-- columns of the table.
CREATE FUNCTION todo_internal.grant_columns()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    users CONSTANT regclass := (
        SELECT i.relid FROM todo_internal.isolation() AS i JOIN pg_class AS c ON c.oid = i.relid AND c.relname = 'users' AND c.relkind = 'r'
    );
    reader record;
BEGIN
    FOR reader IN
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS name,
            string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) AS columns
        FROM todo_internal.isolation() AS i
        JOIN pg_class AS v ON v.oid = i.relid
        JOIN pg_attribute AS c ON c.attrelid = v.oid AND c.attnum > 0
        -- The right to read all columns, or this one.
        CROSS JOIN LATERAL (SELECT x.* FROM aclexplode(v.relacl) AS x UNION SELECT x.* FROM aclexplode(c.attacl) AS x) AS a
        LEFT JOIN pg_roles AS r ON r.oid = a.grantee
        WHERE v.relname = 'todo_users' AND i.is_view AND i.is_on AND a.privilege_type = 'SELECT'
          AND NOT has_column_privilege(CASE a.grantee WHEN 0 THEN 'public' ELSE r.rolname END, users, c.attname::text, 'SELECT')
        GROUP BY a.grantee
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON TABLE %s TO %s', reader.columns, users, reader.name);
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.grant_columns() IS
    'Gives readers of todo_users the right to read its columns in users, where a role is isolated';

REVOKE ALL ON FUNCTION todo_internal.grant_columns() FROM PUBLIC;
-- Returns the id of a user if the session's role may see that user, otherwise NULL. Functions that run with the owner's rights, whom
-- row-level security does not bind, look for the user that this returns. The role is the one that SET ROLE has chosen, or else the one of
-- the login. A function of the application that runs with other rights does not change it.
-- Its body is bound to objects: another schema could take the name of this one.
CREATE FUNCTION todo_internal.visible(
    user_id text
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN NOT is_bound.it OR user_id = @extschema@.todo_current_user_id() COLLATE "C" THEN user_id END
    FROM (
        SELECT EXISTS (
            SELECT
            FROM pg_class AS u
            JOIN pg_policy AS p ON p.polrelid = u.oid AND p.polname = 'todo_isolated'
            CROSS JOIN unnest(p.polroles) AS b (role)
            -- A role that SET ROLE has chosen and that was renamed since has a name that no role has.
            LEFT JOIN pg_roles AS c ON c.rolname = CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END
            WHERE u.oid = '@extschema@.users'::regclass AND u.relrowsecurity
              AND (pg_has_role(c.oid, b.role, 'USAGE') AND NOT pg_has_role(c.oid, u.relowner, 'USAGE') AND NOT c.rolbypassrls) IS NOT FALSE
        ) AS it
    ) AS is_bound;
END;

COMMENT ON FUNCTION todo_internal.visible(text) IS
    'Returns the id of a user if the session''s role may see that user';

REVOKE ALL ON FUNCTION todo_internal.visible(text) FROM PUBLIC;
CREATE OR REPLACE FUNCTION todo_internal.described(
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
$$;

COMMENT ON FUNCTION todo_internal.described(regnamespace, oid[]) IS
    'Returns what relations are like: a row for each column, default, constraint, index, trigger and other fact';

REVOKE ALL ON FUNCTION todo_internal.described(regnamespace, oid[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.expect(
    made text,
    extension text,
    tables regnamespace
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home CONSTANT regnamespace := CASE extension
        WHEN 'todo' THEN tables
        ELSE (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo')
    END;
    members CONSTANT oid[] := ARRAY(
        SELECT c.oid
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE e.extname = extension AND c.relnamespace = tables AND c.relname <> 'isolated_roles'
    );
    triggers CONSTANT text[] := ARRAY(
        SELECT t.tgrelid || ' ' || t.tgname
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_trigger AS t ON d.classid = 'pg_proc'::regclass AND t.tgfoid = d.objid
        JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE e.extname = extension AND c.relnamespace IN (tables, home) AND c.relname <> 'isolated_roles'
    );
    body text;
BEGIN
    SELECT string_agg(format(E'\n    (%L, %L, %L, %L, %L)', d.schema, d.relation, d.kind, d.name, d.definition), ','
        ORDER BY d.schema COLLATE "C", d.relation COLLATE "C", d.kind, d.place, d.name COLLATE "C")
    INTO STRICT body
    FROM todo_internal.described(home, members || ARRAY(SELECT split_part(t, ' ', 1)::oid FROM unnest(triggers) AS t)) AS d
    WHERE CASE
        WHEN d.kind IN ('trigger', 'function', 'dependence of trigger') THEN d.relid || ' ' || d.name = ANY (triggers)
        ELSE d.relid = ANY (members)
    END;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION todo_internal.%I() RETURNS TABLE (schema text, relation text, kind text, name text, definition text) '
        'LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS %L',
        made, E'\nVALUES' || body || E'\n'
    );
    EXECUTE format('COMMENT ON FUNCTION todo_internal.%I() IS %L', made, 'What tables must be like, written by todo_internal.expect()');
    EXECUTE format('REVOKE ALL ON FUNCTION todo_internal.%I() FROM PUBLIC', made);

    IF tables = 'todo_internal'::regnamespace THEN
        EXECUTE 'DROP TABLE ' || (
            SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class AS c WHERE c.oid = ANY (members) AND c.relkind = 'r'
        );
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.expect(text, text, regnamespace) IS
    'Creates a function that returns what tables of an extension are like now';

REVOKE ALL ON FUNCTION todo_internal.expect(text, text, regnamespace) FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.additions(
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

CREATE OR REPLACE FUNCTION todo_internal.state(
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

CREATE OR REPLACE FUNCTION todo_internal.forget_roles(
    also name DEFAULT NULL
)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH kept AS (
        SELECT p.ctid AS place, p.classoid, p.objoid, p.objsubid, p.initprivs,
            (
                SELECT array_agg(i.item)
                FROM unnest(p.initprivs) AS i (item)
                CROSS JOIN LATERAL (SELECT DISTINCT x.grantee, x.grantor FROM aclexplode(ARRAY[i.item]) AS x) AS a
                JOIN pg_roles AS o ON o.oid = a.grantor
                LEFT JOIN pg_roles AS e ON e.oid = a.grantee
                -- The grantor is the owner, who stays.
                WHERE a.grantee = 0 OR e.oid IS NOT NULL AND (e.rolname IS DISTINCT FROM also OR e.oid = o.oid)
            ) AS items
        FROM pg_init_privs AS p
        JOIN pg_depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
        JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
        WHERE x.extname IN (SELECT n FROM todo_internal.extensions() AS n)
    ), removed AS (
        DELETE FROM pg_init_privs AS p USING kept AS k WHERE p.ctid = k.place AND k.items IS NULL
    ), released AS (
        -- From 17 on, PostgreSQL also notes that the role is named.
        DELETE FROM pg_shdepend AS d
        USING kept AS k
        WHERE (d.classid, d.objid, d.objsubid) = (k.classoid, k.objoid, k.objsubid)
          AND d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
          AND d.deptype = 'i'
          AND (d.refclassid, d.refobjid) = ('pg_authid'::regclass, (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = also))
    )
    UPDATE pg_init_privs AS p
    SET initprivs = k.items
    FROM kept AS k
    WHERE p.ctid = k.place AND cardinality(k.items) < cardinality(k.initprivs)
$$;

COMMENT ON FUNCTION todo_internal.forget_roles(name) IS
    'Removes roles that have been dropped from the initial privileges of the extensions'' objects';

REVOKE ALL ON FUNCTION todo_internal.forget_roles(name) FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.grant_to_owner(
    extension text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app CONSTANT oid := (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = extension);
    users CONSTANT oid := '@extschema@.users'::regclass;
    noted CONSTANT pg_init_privs[] := ARRAY(
        SELECT p
        FROM pg_init_privs AS p
        WHERE (p.classoid, p.objoid, p.objsubid) IN (('pg_namespace'::regclass, app, 0), ('pg_class'::regclass, users, 0))
    );
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO todo_owner', app::regnamespace);
    IF (SELECT c.relowner <> 'todo_owner'::regrole FROM pg_class AS c WHERE c.oid = users) THEN
        EXECUTE format('GRANT SELECT ON TABLE %s TO todo_owner', users::regclass);
    END IF;

    DELETE FROM pg_init_privs AS p
    WHERE (p.classoid, p.objoid, p.objsubid) IN (('pg_namespace'::regclass, app, 0), ('pg_class'::regclass, users, 0));
    INSERT INTO pg_init_privs SELECT n.* FROM unnest(noted) AS n;
    -- From 17 on, PostgreSQL also notes the roles that they name, and all others that have rights on the object.
    DELETE FROM pg_shdepend AS d
    WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
      AND d.deptype = 'i'
      AND (d.classid, d.objid) IN (('pg_namespace'::regclass, app), ('pg_class'::regclass, users))
      AND NOT EXISTS (
          SELECT
          FROM unnest(noted) AS n
          CROSS JOIN LATERAL aclexplode(n.initprivs) AS a
          WHERE (n.classoid, n.objoid, n.objsubid) = (d.classid, d.objid, d.objsubid) AND d.refobjid IN (a.grantee, a.grantor)
      );
END
$$;

COMMENT ON FUNCTION todo_internal.grant_to_owner(text) IS
    'Gives the role todo_owner what it needs besides its own objects';

REVOKE ALL ON FUNCTION todo_internal.grant_to_owner(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.stray_rights()
RETURNS TABLE (role text, what text, fix text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, e.extnamespace, d.classid, d.objid
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        WHERE e.extname IN (SELECT n FROM todo_internal.extensions() AS n)
    ), relation AS (
        SELECT m.extname, c.oid, c.relname, c.relkind, c.relowner, c.relacl
        FROM member AS m
        JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('r', 'v')
    ), granted AS (
        SELECT r.extname, r.oid, r.relname, r.relkind, a.grantee, array_agg(a.privilege_type ORDER BY a.privilege_type) AS privileges
        FROM relation AS r
        CROSS JOIN LATERAL aclexplode(r.relacl) AS a
        WHERE a.grantee <> r.relowner
        GROUP BY r.extname, r.oid, r.relname, r.relkind, a.grantee
    ), trusted AS (
        -- Roles to which grant() of an extension that builds on this one gave its tables, and with them users.
        SELECT r.extname, g.grantee
        FROM relation AS r
        LEFT JOIN granted AS g ON g.oid = r.oid AND g.privileges @> ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
        WHERE r.extname <> 'todo'
        GROUP BY r.extname, g.grantee
        HAVING count(*) = (SELECT count(*) FROM relation AS a WHERE a.extname = r.extname)
    ), stray (grantee, what, revoke) AS (
        SELECT g.grantee, format('%s on %s', array_to_string(g.privileges, ', '), g.oid::regclass),
            format('REVOKE ALL ON TABLE %s FROM', g.oid::regclass)
        FROM granted AS g
        WHERE g.grantee IS DISTINCT FROM to_regrole('todo_owner')::oid
          AND CASE
              WHEN g.privileges && ARRAY['TRIGGER', 'TRUNCATE'] THEN true
              WHEN g.extname <> 'todo' THEN NOT EXISTS (SELECT FROM trusted AS t WHERE t.extname = g.extname AND t.grantee = g.grantee)
              WHEN g.relname = 'users' THEN NOT (
                  g.privileges @> ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES']
                  OR EXISTS (SELECT FROM trusted AS t WHERE t.grantee = g.grantee)
              )
              WHEN g.relname = 'todo_users' THEN g.privileges && ARRAY['INSERT', 'UPDATE', 'DELETE']
          END
        UNION ALL
        SELECT a.grantee, format('%s of column %s.%I', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), r.oid::regclass, t.attname),
            format(
                'REVOKE %s ON TABLE %s FROM', string_agg(format('%s (%I)', a.privilege_type, t.attname), ', ' ORDER BY a.privilege_type),
                r.oid::regclass
            )
        FROM relation AS r
        JOIN pg_attribute AS t ON t.attrelid = r.oid AND t.attnum > 0
        CROSS JOIN LATERAL aclexplode(t.attacl) AS a
        WHERE r.extname = 'todo' AND a.grantee <> r.relowner
          AND (
              t.attname = 'hashed_password'
          )
        GROUP BY a.grantee, r.oid, t.attname
        UNION ALL
        SELECT a.grantee, 'EXECUTE on ' || p.oid::regprocedure, format('REVOKE ALL ON FUNCTION %s FROM', p.oid::regprocedure)
        FROM member AS m
        JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
        CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE a.grantee <> p.proowner
          AND a.grantee IS DISTINCT FROM to_regrole('todo_owner')::oid
          AND (
              p.pronamespace <> m.extnamespace
              OR p.proname IN ('todo_set_password_hash', 'todo_grant', 'todo_revoke', 'todo_release_tables', 'grant', 'revoke')
          )
        UNION ALL
        SELECT m.member, 'membership in todo_owner', 'REVOKE todo_owner FROM'
        FROM pg_auth_members AS m
        JOIN pg_roles AS r ON r.oid = m.member AND NOT r.rolsuper
        WHERE m.roleid = to_regrole('todo_owner')
    )
    SELECT g.name, s.what, s.revoke || ' ' || g.name
    FROM stray AS s
    CROSS JOIN LATERAL (SELECT CASE s.grantee WHEN 0 THEN 'PUBLIC' ELSE s.grantee::regrole::text END AS name) AS g;
END;

COMMENT ON FUNCTION todo_internal.stray_rights() IS
    'Returns rights on hashes and passwords that no function of the extensions has given';

REVOKE ALL ON FUNCTION todo_internal.stray_rights() FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.check_parts()
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

CREATE OR REPLACE FUNCTION todo_internal.check_owners()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'owner of ' || r.relation,
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
            WHEN o.rolsuper THEN format('ALTER TABLE %s OWNER TO todo_owner', c.oid::regclass)
            ELSE format(
                'GRANT ALL ON TABLE %1$s TO %2$s; GRANT USAGE ON SCHEMA %3$s TO %2$s', c.oid::regclass, c.relowner::regrole,
                c.relnamespace::regnamespace
            )
        END
    FROM (SELECT DISTINCT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'column') AS r
    JOIN pg_extension AS e ON e.extname = 'todo'
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = r.relation AND c.relkind = 'r'
    JOIN pg_roles AS o ON o.oid = c.relowner
    UNION ALL
    SELECT 'owner of todo_users', o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT') AND NOT s.are_hidden,
        v.relowner::regrole || CASE
            WHEN NOT has_table_privilege(v.relowner, u.oid, 'SELECT') THEN ', without SELECT on users'
            WHEN s.are_hidden THEN ', from which row-level security hides users'
            ELSE ''
        END,
        CASE
            WHEN o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT')
                THEN format('CREATE POLICY todo_owner ON %s TO todo_owner USING (true)', u.oid::regclass)
            ELSE format('ALTER VIEW %s OWNER TO todo_owner; GRANT SELECT ON TABLE %s TO todo_owner', v.oid::regclass, u.oid::regclass)
        END
    FROM pg_extension AS e
    JOIN pg_class AS v ON e.extname = 'todo' AND v.relnamespace = e.extnamespace AND v.relname = 'todo_users'
    JOIN pg_roles AS o ON o.oid = v.relowner
    JOIN pg_class AS u ON u.relnamespace = e.extnamespace AND u.relname = 'users'
    CROSS JOIN LATERAL (
        -- Policies bind every role but the table's owner.
        SELECT u.relrowsecurity AND (u.relforcerowsecurity OR u.relowner <> v.relowner) AND NOT EXISTS (
            SELECT
            FROM pg_policy AS p
            WHERE p.polrelid = u.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
              AND (v.relowner = ANY (p.polroles) OR 0 = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true')
        ) AS are_hidden
    ) AS s
    UNION ALL
    SELECT format('owner of extension %s', e.extname), o.roles IS NULL, coalesce(o.roles || ', not a superuser', 'a superuser'),
        'REASSIGN OWNED BY this role TO a superuser, or make it a superuser again'
    FROM pg_extension AS e
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT r.rolname, ', ') AS roles
        FROM (
            SELECT e.extowner AS oid
            UNION ALL
            SELECT p.proowner
            FROM pg_depend AS d
            JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND NOT p.prosecdef
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
            UNION ALL
            SELECT g.evtowner
            FROM pg_depend AS d
            JOIN pg_event_trigger AS g ON d.classid = 'pg_event_trigger'::regclass AND g.oid = d.objid
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        ) AS m
        JOIN pg_roles AS r ON r.oid = m.oid AND NOT r.rolsuper
    ) AS o
    WHERE e.extname IN (SELECT x.extension FROM todo_internal.expected() AS x);
END;

COMMENT ON FUNCTION todo_internal.check_owners() IS
    'Checks whether the tables and the view have suitable owners';

REVOKE ALL ON FUNCTION todo_internal.check_owners() FROM PUBLIC;

DROP FUNCTION todo_internal.own(text);

CREATE TABLE todo_internal.users (
    id              varchar(36)  NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    email           varchar(255) NOT NULL,
    name            varchar(100) NOT NULL,
    hashed_password varchar(255) NOT NULL DEFAULT '!',
    created_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    is_active       boolean      NOT NULL DEFAULT true,
    email_verified  boolean      NOT NULL DEFAULT false,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_users_email ON todo_internal.users (email);
ALTER TABLE todo_internal.users
    ADD CONSTRAINT users_id_check CHECK (id OPERATOR(pg_catalog.<>) ''),
    -- The rule of src/rules.rs: no space, control or invisible character; dot-atom, @, domain; no numeric top level. A
    -- backtick would end the template literal that drizzle-kit copies this into.
    ADD CONSTRAINT users_email_check CHECK (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
    ),
    ADD CONSTRAINT users_name_check CHECK (pg_catalog.btrim(name) OPERATOR(pg_catalog.<>) ''),
    ADD CONSTRAINT users_hashed_password_check CHECK (
        hashed_password OPERATOR(pg_catalog.=) '!'
        OR hashed_password OPERATOR(pg_catalog.~) '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{53}$'
    );
CREATE UNIQUE INDEX ix_users_email_folded ON todo_internal.users (pg_catalog.lower(email COLLATE pg_catalog."C"));
CREATE TABLE todo_internal.tasks (
    id           serial       NOT NULL,
    user_id      varchar(36)  NOT NULL,
    title        varchar(200) NOT NULL,
    description  text,
    completed    boolean      NOT NULL DEFAULT false,
    created_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    completed_at timestamp,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES todo_internal.users (id) ON DELETE CASCADE
);
CREATE INDEX ix_tasks_user_id ON todo_internal.tasks (user_id);
CREATE INDEX ix_tasks_user_completed ON todo_internal.tasks (user_id, completed);
CREATE INDEX ix_tasks_created_at ON todo_internal.tasks (created_at);
CREATE INDEX ix_tasks_user_created_at ON todo_internal.tasks (user_id, created_at, id);
CREATE INDEX ix_tasks_user_completed_at ON todo_internal.tasks (user_id, completed_at, created_at, id);
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.users
    FOR EACH ROW EXECUTE FUNCTION todo_internal.users_before_row();
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
ALTER TABLE todo_internal.tasks ENABLE ALWAYS TRIGGER zz_todo_before_row;
SELECT todo_internal.expect('target', 'todo', 'todo_internal');
-- Brings the tables from the form of the older or newer version, which expected_todo() still describes, to that of target().
-- An operator may have built a new index beforehand. Then it must be like the one of this version.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    built record;
BEGIN
    SELECT n.nspname, d.relation, d.name, d.weakness, todo_internal.located(t.definition, home) AS definition INTO built
    FROM todo_internal.target() AS t
    JOIN pg_class AS c ON c.relnamespace = home AND c.relname = t.relation
    JOIN pg_namespace AS n ON n.oid = home
    JOIN todo_internal.described(home, ARRAY[c.oid]) AS d USING (schema, relation, kind, name)
    WHERE t.kind = 'index' AND (d.definition <> t.definition OR d.weakness IS NOT NULL)
      AND NOT EXISTS (SELECT FROM todo_internal.expected_todo() AS e WHERE e.kind = t.kind AND e.name = t.name)
    ORDER BY d.name
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'index % of % is %', built.name, built.relation, coalesce(built.weakness, 'not the one of this version')
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = built.nspname, TABLE = built.relation,
                DETAIL = 'expected ' || built.definition,
                HINT = format('Nothing has been changed. DROP INDEX %s.%I and update again, which creates the index.', home, built.name);
    END IF;
END
$$;
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

DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('todo_internal.target()'::regprocedure), 'todo_internal.target()', 'todo_internal.expected_todo()');
END
$$;
DROP FUNCTION todo_internal.target();

-- The roles that row-level security binds to the rows of the current user. These rows are data, so that dumps include them: as soon as they
-- are back, keep_isolation() makes the policies again, which belong to tables of an extension and are in no dump. The table has no key: a
-- restore may find a row that complete_isolation() has added, and must not fail.
CREATE TABLE todo_internal.isolated_roles (
    role name NOT NULL
);

-- So that a publication of all tables does not keep rows from being deleted.
ALTER TABLE todo_internal.isolated_roles REPLICA IDENTITY FULL;

REVOKE ALL ON TABLE todo_internal.isolated_roles FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_internal.isolated_roles', '');
-- Makes row-level security what isolated_roles says:
--   - Each table has a restrictive policy todo_isolated for these roles. It adds a condition to theirs and changes nothing for others.
--   - A table with row-level security shows nothing without a permissive policy. So one named todo_everyone shows all rows to everyone. It
--     is left out if the application has turned row-level security on by itself, and dropped when it does so later.
--   - Views show what their reader may see in the tables. So roles that read todo_users get the right to read these columns of users.
--   - Each role can read a column of isolated_roles. If a restore brings rights before any row, this mark comes back with the role's
--     rights, see complete_isolation(). The right is on a single column, because that also makes DROP OWNED BY CURRENT_USER fail, which
--     would take the role out of the policies, but leave it its other rights.
-- Where no role is isolated, none of this exists, and nothing is paid for it, except where the application has made policies since:
-- row-level security stays on, so that they stay in force. A role that has a policy keeps it unless it is in removed: it may have been
-- renamed. A role that does not exist is reported.
-- Errors: 42501 the caller does not own the tables and views; 0A000 before PostgreSQL 15.
CREATE FUNCTION todo_internal.keep_isolation(
    removed name[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    listed CONSTANT name[] := ARRAY(SELECT i.role FROM todo_internal.isolated_roles AS i ORDER BY i.role);
    remaining CONSTANT boolean := listed <> '{}' OR EXISTS (
        SELECT
        FROM todo_internal.isolation() AS i
        CROSS JOIN unnest(i.bound) AS b (oid)
        JOIN pg_roles AS r ON r.oid = b.oid
        WHERE r.rolname <> ALL (removed)
    );
    item record;
BEGIN
    IF listed <> '{}' AND current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'isolation needs PostgreSQL 15 or newer' USING ERRCODE = 'feature_not_supported';
    END IF;
    FOR item IN SELECT l.role FROM unnest(listed) AS l (role) WHERE to_regrole(quote_ident(l.role)) IS NULL LOOP
        RAISE WARNING 'role "%" is to be isolated, but does not exist', item.role
            USING ERRCODE = 'undefined_object',
                HINT = 'When it has been created, call todo_grant(role, ''isolated'') before it gets any right.';
    END LOOP;

    -- Tells secured_by_application() that it is not the application that turns row-level security on.
    PERFORM set_config('todo.keeps_isolation', 'on', true);
    FOR item IN
        SELECT i.*, w.roles AS wanted,
            EXISTS (
                SELECT FROM pg_policy AS p WHERE p.polrelid = i.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone')
            ) AS has_others,
            (
                SELECT string_agg(r.oid::regrole::text, ', ' ORDER BY r.rolname)
                FROM pg_roles AS r
                WHERE r.oid = ANY (w.roles)
            ) AS names
        FROM todo_internal.isolation() AS i
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT r.oid
                FROM pg_roles AS r
                WHERE r.rolname = ANY (listed) OR r.oid = ANY (i.bound) AND r.rolname <> ALL (removed)
                ORDER BY r.oid
            ) AS roles
        ) AS w
        ORDER BY i.is_view, i.relation
    LOOP
        IF item.is_view THEN
            IF remaining AND NOT item.is_on THEN
                EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', item.relation);
            ELSIF item.is_on AND NOT remaining THEN
                EXECUTE format('ALTER VIEW %s RESET (security_invoker)', item.relation);
            END IF;
            CONTINUE;
        END IF;
        -- The roles first, so that no one sees more in between.
        IF item.bound <> '{}' AND (item.wanted = '{}' OR NOT item.is_sound) THEN
            EXECUTE format('DROP POLICY todo_isolated ON %s', item.relation);
        END IF;
        IF item.wanted <> '{}' AND NOT item.is_sound THEN
            EXECUTE format('CREATE POLICY todo_isolated ON %s AS RESTRICTIVE TO %s USING (%s)', item.relation, item.names, item.rows);
        ELSIF item.wanted <> '{}' AND NOT (item.bound @> item.wanted AND item.wanted @> item.bound) THEN
            EXECUTE format('ALTER POLICY todo_isolated ON %s TO %s', item.relation, item.names);
        END IF;
        IF remaining AND NOT item.is_on THEN
            IF NOT item.is_ours THEN
                EXECUTE format('CREATE POLICY todo_everyone ON %s USING (true)', item.relation);
            END IF;
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', item.relation);
        ELSIF item.is_ours AND NOT remaining AND item.has_others THEN
            RAISE WARNING 'row-level security stays on, because there are policies on %', item.relation
                USING HINT = format('Policy todo_everyone shows all rows to everyone. To let your policies do that, DROP POLICY todo_everyone ON %s.', item.relation);
        ELSIF item.is_ours AND NOT remaining THEN
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', item.relation);
            EXECUTE format('DROP POLICY todo_everyone ON %s', item.relation);
        END IF;
    END LOOP;
    FOR item IN
        SELECT r.oid::regrole AS role
        FROM pg_roles AS r
        WHERE r.rolname = ANY (listed) AND NOT EXISTS (
            SELECT
            FROM pg_attribute AS c
            CROSS JOIN aclexplode(c.attacl) AS a
            WHERE c.attrelid = 'todo_internal.isolated_roles'::regclass AND c.attnum > 0 AND a.grantee = r.oid
        )
        ORDER BY r.rolname
    LOOP
        EXECUTE format('GRANT SELECT (role) ON TABLE todo_internal.isolated_roles TO %s', item.role);
    END LOOP;
    PERFORM set_config('todo.keeps_isolation', 'off', true);
    PERFORM todo_internal.grant_columns();
END
$$;

COMMENT ON FUNCTION todo_internal.keep_isolation(name[]) IS
    'Makes the policies of the roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.keep_isolation(name[]) FROM PUBLIC;
-- Isolates roles that should be, but are not: those that a restore has given the mark of keep_isolation() before the rows of
-- isolated_roles, those that were created after it, and those that DROP OWNED has taken out of the policies. The guard calls this after
-- such commands of a superuser, and after ALTER TABLE isolated_roles, with which pg_restore --disable-triggers ends.
CREATE FUNCTION todo_internal.complete_isolation()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    marked CONSTANT name[] := ARRAY(
        SELECT r.rolname
        FROM pg_attribute AS c
        CROSS JOIN LATERAL aclexplode(c.attacl) AS a
        JOIN pg_roles AS r ON r.oid = a.grantee
        WHERE c.attrelid = 'todo_internal.isolated_roles'::regclass AND c.attnum > 0
    );
    listed CONSTANT name[] := ARRAY(SELECT i.role FROM todo_internal.isolated_roles AS i);
BEGIN
    IF NOT marked <@ listed THEN
        INSERT INTO todo_internal.isolated_roles (role) SELECT m.name FROM unnest(marked) AS m (name) WHERE m.name <> ALL (listed);
    ELSIF EXISTS (
        SELECT
        FROM pg_roles AS r
        WHERE r.rolname = ANY (listed)
          AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE NOT i.is_view AND r.oid <> ALL (i.bound))
    ) THEN
        PERFORM todo_internal.keep_isolation();
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.complete_isolation() IS
    'Isolates roles that should be, but are not';

REVOKE ALL ON FUNCTION todo_internal.complete_isolation() FROM PUBLIC;
-- Says why row-level security does not bind a role, or NULL if it does: the role can act as one that it does not bind, or can make itself
-- a member of one.
CREATE FUNCTION todo_internal.unbound(
    role oid
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.why
    FROM (
        SELECT 1, 'has the attribute ' || CASE WHEN r.rolcreaterole THEN 'CREATEROLE' ELSE 'REPLICATION' END
        FROM pg_roles AS r
        WHERE r.oid = role AND (r.rolcreaterole OR r.rolreplication) AND NOT r.rolsuper
        UNION ALL
        SELECT 2, CASE WHEN r.oid = role THEN 'is' ELSE 'can act as ' || r.oid::regrole || ', who is' END
            || CASE WHEN r.rolsuper THEN ' a superuser' WHEN r.rolbypassrls THEN ' not bound by row-level security' ELSE ' the owner of ' || o.relation END
        FROM pg_roles AS r
        LEFT JOIN LATERAL (
            SELECT i.relation
            FROM todo_internal.isolation() AS i
            JOIN pg_class AS c ON c.oid = i.relid
            WHERE c.relowner = r.oid
            ORDER BY i.relation
            LIMIT 1
        ) AS o ON true
        WHERE pg_has_role(role, r.oid, 'MEMBER') AND (r.rolsuper OR r.rolbypassrls OR o.relation IS NOT NULL)
          -- A superuser is a member of every role.
          AND (r.oid = role OR NOT (SELECT s.rolsuper FROM pg_roles AS s WHERE s.oid = role))
        UNION ALL
        SELECT 3, format('can act as %s, who is not isolated', r.oid::regrole)
        FROM pg_roles AS r
        WHERE r.oid <> role AND pg_has_role(role, r.oid, 'MEMBER') AND NOT r.rolsuper
          AND (
              -- Files of the server, and programs on it.
              r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
              OR NOT EXISTS (
                  SELECT
                  FROM todo_internal.isolation() AS i
                  CROSS JOIN unnest(i.bound) AS b (oid)
                  WHERE pg_has_role(r.oid, b.oid, 'USAGE')
              )
              AND (
                  EXISTS (
                      SELECT
                      FROM todo_internal.isolation() AS i
                      WHERE has_any_column_privilege(r.oid, i.relid, 'SELECT, INSERT, UPDATE')
                         OR has_table_privilege(r.oid, i.relid, 'DELETE, TRUNCATE, TRIGGER')
                  )
                  OR EXISTS (
                      SELECT
                      FROM pg_proc AS p
                      WHERE p.oid IN (SELECT todo_internal.member_functions()) AND p.prosecdef AND p.pronamespace <> 'todo_internal'::regnamespace
                        AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
                  )
              )
          )
    ) AS a (place, why)
    ORDER BY a.place, a.why
    LIMIT 1
$$;

COMMENT ON FUNCTION todo_internal.unbound(oid) IS
    'Says why row-level security does not bind a role';

REVOKE ALL ON FUNCTION todo_internal.unbound(oid) FROM PUBLIC;
-- Ends the isolation of a role that no longer exists. Returns whether there was one.
-- Errors: 42501 the caller may not write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.forget_isolation(
    role text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regrole(quote_ident(role)) IS NOT NULL OR NOT has_table_privilege('todo_internal.isolated_roles', 'DELETE') THEN
        RETURN false;
    END IF;
    -- As in schema_for_grants().
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
        AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE i.bound <> '{}')
    THEN
        RAISE EXCEPTION 'rights cannot be changed at isolation level % while a role is isolated', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
    DELETE FROM todo_internal.isolated_roles AS i WHERE i.role = forget_isolation.role;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM todo_internal.keep_isolation();
    RETURN true;
END
$$;

COMMENT ON FUNCTION todo_internal.forget_isolation(text) IS
    'Ends the isolation of a role that no longer exists';

REVOKE ALL ON FUNCTION todo_internal.forget_isolation(text) FROM PUBLIC;
-- Binds a role to the rows of the current user, for todo_grant().
-- Errors: 0LP01 row-level security does not bind the role; 55000 a table has policies that are not in force; 42501 the caller may not
-- write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.isolate(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    above CONSTANT text := todo_internal.unbound(to_regrole(quote_ident(isolate.role)));
    dormant CONSTANT text := (
        SELECT string_agg(DISTINCT i.relation, ', ' ORDER BY i.relation)
        FROM todo_internal.isolation() AS i
        JOIN pg_policy AS p ON p.polrelid = i.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone')
        WHERE NOT i.is_on
    );
BEGIN
    IF above IS NOT NULL THEN
        RAISE EXCEPTION 'row-level security does not bind role %', isolate.role
            USING ERRCODE = 'invalid_grant_operation', DETAIL = format('It %s.', above);
    ELSIF dormant IS NOT NULL THEN
        RAISE EXCEPTION 'policies of the application are not in force on %', dormant
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Isolation turns row-level security on, and with it these policies.',
                HINT = 'Run ALTER TABLE ... ENABLE ROW LEVEL SECURITY, or drop these policies.';
    END IF;
    -- Its trigger calls keep_isolation().
    INSERT INTO todo_internal.isolated_roles (role)
    SELECT isolate.role WHERE NOT EXISTS (SELECT FROM todo_internal.isolated_roles AS i WHERE i.role = isolate.role);
END
$$;

COMMENT ON FUNCTION todo_internal.isolate(text) IS
    'Binds a role to the rows of the current user';

REVOKE ALL ON FUNCTION todo_internal.isolate(text) FROM PUBLIC;
-- No longer binds a role to the rows of the current user. Does nothing if it is not bound.
-- Errors: 42501 it is bound, and the caller may not write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.end_isolation(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_bound CONSTANT boolean := EXISTS (
        SELECT FROM todo_internal.isolation() AS i WHERE to_regrole(quote_ident(end_isolation.role))::oid = ANY (i.bound)
    );
    was_listed boolean;
BEGIN
    -- The owner of adopted tables does not own isolated_roles.
    IF is_bound OR has_table_privilege('todo_internal.isolated_roles', 'DELETE') THEN
        -- The row before the mark: after REVOKE, the guard isolates the roles that are listed and have no policy yet.
        DELETE FROM todo_internal.isolated_roles AS i WHERE i.role = end_isolation.role;
        was_listed := FOUND;
        EXECUTE format('REVOKE ALL ON TABLE todo_internal.isolated_roles FROM %I', role);
        IF was_listed OR is_bound THEN
            PERFORM todo_internal.keep_isolation(ARRAY[role]);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.end_isolation(text) IS
    'No longer binds a role to the rows of the current user';

REVOKE ALL ON FUNCTION todo_internal.end_isolation(text) FROM PUBLIC;
-- Fails where a role is isolated, for what would end all isolation, so that no role gains a right unnoticed.
-- Errors: 55000.
CREATE FUNCTION todo_internal.refuse_isolation()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    roles CONSTANT text := (
        SELECT string_agg(r.name, ', ' ORDER BY r.name)
        FROM (
            SELECT quote_ident(i.role) AS name FROM todo_internal.isolated_roles AS i
            UNION
            SELECT b.oid::regrole::text FROM todo_internal.isolation() AS i CROSS JOIN unnest(i.bound) AS b (oid)
        ) AS r
    );
BEGIN
    IF roles IS NOT NULL THEN
        RAISE EXCEPTION 'these roles are isolated and would see all rows: %', roles
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Take their rights back with todo_revoke(role).';
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.refuse_isolation() IS
    'Fails where a role is isolated';

REVOKE ALL ON FUNCTION todo_internal.refuse_isolation() FROM PUBLIC;
-- Drops the policy with which isolation shows all rows to everyone, when the application turns row-level security on by itself: its own
-- policies say who sees what. The guard calls this after a superuser's ALTER TABLE ... ENABLE ROW LEVEL SECURITY.
CREATE FUNCTION todo_internal.secured_by_application(
    secured oid
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('todo.keeps_isolation', true) IS DISTINCT FROM 'on'
        AND EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = secured AND p.polname = 'todo_everyone') THEN
        EXECUTE format('DROP POLICY todo_everyone ON %s', secured::regclass);
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.secured_by_application(oid) IS
    'Drops the policy that shows all rows to everyone, when the application uses row-level security itself';

REVOKE ALL ON FUNCTION todo_internal.secured_by_application(oid) FROM PUBLIC;
-- The trigger fires for each row, because a subscription does not fire triggers for statements. Rows that a restore adds isolate their
-- roles. Deleting rows removes no policy, so that no restore can: only todo_grant() and todo_revoke() do that.
CREATE FUNCTION todo_internal.isolated_roles_written()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM todo_internal.keep_isolation();
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_internal.isolated_roles_written() IS
    'Makes the policies of roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.isolated_roles_written() FROM PUBLIC;

CREATE TRIGGER todo_isolation
    AFTER INSERT OR UPDATE ON todo_internal.isolated_roles
    FOR EACH ROW EXECUTE FUNCTION todo_internal.isolated_roles_written();

-- Also where session_replication_role is replica, as in some restores.
ALTER TABLE todo_internal.isolated_roles ENABLE ALWAYS TRIGGER todo_isolation;
-- Checks, for todo_check(), whether row-level security binds the roles in isolated_roles, and no others.
CREATE FUNCTION todo_internal.check_isolation()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH listed AS MATERIALIZED (
        SELECT DISTINCT i.role AS name, r.oid
        FROM todo_internal.isolated_roles AS i
        LEFT JOIN pg_roles AS r ON r.rolname = i.role
    ), relation AS MATERIALIZED (
        SELECT i.* FROM todo_internal.isolation() AS i
    ), fault (role, what, fix) AS (
        SELECT quote_ident(l.name), 'does not exist', format('create the role, then SELECT todo_grant(%L, ''isolated''); or SELECT todo_revoke(%1$L)', l.name)
        FROM listed AS l
        WHERE l.oid IS NULL
        UNION ALL
        SELECT quote_ident(l.name), todo_internal.unbound(l.oid),
            CASE
                WHEN r.rolcreaterole THEN format('ALTER ROLE %I NOCREATEROLE', l.name)
                WHEN r.rolreplication THEN format('ALTER ROLE %I NOREPLICATION', l.name)
                WHEN r.rolbypassrls THEN format('ALTER ROLE %I NOBYPASSRLS', l.name)
                ELSE 'take that away from the role'
            END
        FROM listed AS l
        JOIN pg_roles AS r ON r.oid = l.oid
        WHERE todo_internal.unbound(l.oid) IS NOT NULL
        UNION ALL
        SELECT quote_ident(l.name), 'sees all rows of ' || string_agg(r.relation, ', ' ORDER BY r.relation), 'SELECT todo_internal.keep_isolation()'
        FROM listed AS l
        JOIN relation AS r ON NOT r.is_on OR NOT r.is_view AND (NOT r.is_sound OR l.oid <> ALL (r.bound))
        WHERE l.oid IS NOT NULL
        GROUP BY l.name
        UNION ALL
        SELECT DISTINCT b.oid::regrole::text, 'is bound, but dumps do not say so',
            format('SELECT todo_grant(%L, ''isolated'')', pg_get_userbyid(b.oid))
        FROM relation AS r
        CROSS JOIN unnest(r.bound) AS b (oid)
        WHERE b.oid <> 0 AND b.oid NOT IN (SELECT l.oid FROM listed AS l WHERE l.oid IS NOT NULL)
        UNION ALL
        SELECT 'nobody', 'row-level security is still on: ' || string_agg(r.relation, ', ' ORDER BY r.relation), 'SELECT todo_internal.keep_isolation()'
        FROM relation AS r
        WHERE r.is_on AND r.is_ours AND NOT EXISTS (SELECT FROM relation AS b WHERE b.bound <> '{}') AND NOT EXISTS (SELECT FROM listed)
          AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = r.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone'))
        HAVING count(*) > 0
        UNION ALL
        SELECT 'other roles', format('policy %I of %s has no effect beside todo_everyone', p.polname, r.relation),
            format('DROP POLICY todo_everyone ON %s', r.relation)
        FROM relation AS r
        JOIN pg_policy AS p ON p.polrelid = r.relid AND p.polpermissive AND p.polname NOT IN ('todo_everyone', 'todo_isolated')
        WHERE r.is_ours AND NOT r.is_view
    )
    SELECT 'isolation of ' || f.role, false, f.what, f.fix
    FROM fault AS f
    UNION ALL
    SELECT 'isolation', true, coalesce(string_agg(quote_ident(l.name), ', ' ORDER BY l.name) || ' see only the rows of the current user', 'no role is isolated'), NULL
    FROM listed AS l
    HAVING NOT EXISTS (SELECT FROM fault)
    UNION ALL
    SELECT 'trigger todo_isolation of isolated_roles', t.oid IS NOT NULL AND t.tgenabled = 'A',
        CASE WHEN t.oid IS NULL THEN 'missing' WHEN t.tgenabled = 'A' THEN 'in place' ELSE 'disabled, or not always enabled' END,
        'ALTER TABLE todo_internal.isolated_roles ENABLE ALWAYS TRIGGER todo_isolation'
    FROM (VALUES ('todo_isolation')) AS w (name)
    LEFT JOIN pg_trigger AS t ON t.tgrelid = 'todo_internal.isolated_roles'::regclass AND t.tgname = w.name;
END;

COMMENT ON FUNCTION todo_internal.check_isolation() IS
    'Checks whether row-level security binds the roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.check_isolation() FROM PUBLIC;
CREATE OR REPLACE FUNCTION todo_internal.check_registration()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || c.relname, (c.oid = ANY (e.extconfig)) IS TRUE,
        CASE WHEN c.oid = ANY (e.extconfig) THEN 'rows are in dumps' ELSE 'rows are not in dumps' END,
        'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
    FROM pg_extension AS e
    JOIN pg_class AS c
        ON c.relnamespace = e.extnamespace
        AND c.relname IN (SELECT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'storage')
        OR c.oid = 'todo_internal.isolated_roles'::regclass
    WHERE e.extname = 'todo';
END;

COMMENT ON FUNCTION todo_internal.check_registration() IS
    'Checks whether the rows of the tables and the sequence are in dumps';

REVOKE ALL ON FUNCTION todo_internal.check_registration() FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.check_storage()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH fact AS MATERIALIZED (
        SELECT c.*
        FROM todo_internal.compared() AS c
        WHERE c.kind IN ('storage', 'sequence') AND c.found IS NOT NULL AND c.extension IS NOT NULL
    )
    SELECT 'storage of ' || c.relation, c.found = c.expected, c.found,
        CASE c.found
            WHEN 'lost in a crash' THEN
                format('SET todo.guard = off; ALTER %s %s SET LOGGED', CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relid::regclass)
            ELSE format('detach or drop what %s is bound to', c.relid::regclass)
        END
    FROM fact AS c
    JOIN pg_class AS r ON r.oid = c.relid
    WHERE c.kind = 'storage'
    UNION ALL
    SELECT 'sequence ' || c.relation, c.found = c.expected,
        format('%s from %s to %s by %s', s.seqtypid::regtype, s.seqmin, s.seqmax, s.seqincrement) || CASE WHEN s.seqcycle THEN ', cycling' ELSE '' END,
        format('SET todo.guard = off; ALTER SEQUENCE %s AS integer MINVALUE 1 NO MAXVALUE INCREMENT 1 NO CYCLE', c.relid::regclass)
    FROM fact AS c
    JOIN pg_sequence AS s ON s.seqrelid = c.relid
    WHERE c.kind = 'sequence';
END;

COMMENT ON FUNCTION todo_internal.check_storage() IS
    'Checks that the tables are ordinary ones, and that their sequence has the right options';

REVOKE ALL ON FUNCTION todo_internal.check_storage() FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.check_task_ids()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'sequence tasks_id_seq ahead of tasks', i.problem IS NULL AND i.taken IS NULL,
        coalesce('cannot be read: ' || i.problem, format('next id %s, %s', i.next, coalesce('but there is a task ' || i.taken, 'free'))),
        CASE
            WHEN i.problem IS NULL THEN format('SELECT setval(%L, %s)', e.extnamespace::regnamespace || '.tasks_id_seq', i.largest)
            ELSE 'fix what else is reported first'
        END
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'sequence tasks_id_seq below 75 %', n.given < 0.75 * n.total,
        format('%s %% of %s ids given', trunc(100 * n.given / n.total, 1), n.total),
        'plan ahead: move old tasks elsewhere before the ids run out, and RESTART the sequence in a range that has become free'
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = 'tasks_id_seq'
    JOIN pg_sequence AS s ON s.seqrelid = c.oid
    CROSS JOIN LATERAL (
        SELECT trunc((i.next - s.seqmin)::numeric / abs(s.seqincrement)) AS given, trunc((s.seqmax - s.seqmin)::numeric / abs(s.seqincrement)) + 1 AS total
    ) AS n
    WHERE e.extname = 'todo' AND i.next IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_task_ids() IS
    'Checks whether new tasks get free ids, and whether ids are running out';

REVOKE ALL ON FUNCTION todo_internal.check_task_ids() FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.check_version()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE e.extname WHEN 'todo' THEN 'version' ELSE format('version of %s', e.extname) END, e.extversion IS NOT DISTINCT FROM a.default_version,
        format('%s, installed on the server: %s', e.extversion, coalesce(a.default_version, 'none')),
        CASE
            WHEN a.default_version IS NULL THEN 'install the extension''s files'
            WHEN EXISTS (
                SELECT
                FROM pg_extension_update_paths(e.extname) AS p
                WHERE p.source = e.extversion AND p.target = a.default_version AND p.path IS NOT NULL
            ) THEN format('ALTER EXTENSION %I UPDATE', e.extname)
            ELSE format('install the extension''s files of version %s', e.extversion)
        END
    FROM pg_extension AS e
    LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
    WHERE e.extname IN (SELECT x FROM todo_internal.extensions() AS x)
    UNION ALL
    SELECT 'encoding', getdatabaseencoding() = 'UTF8', getdatabaseencoding()::text, 'restore a dump into a database with encoding UTF8';
END;

COMMENT ON FUNCTION todo_internal.check_version() IS
    'Checks version and encoding';

REVOKE ALL ON FUNCTION todo_internal.check_version() FROM PUBLIC;

CREATE OR REPLACE FUNCTION todo_internal.schema_for_grants(
    role text
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app oid := (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo');
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    IF role = 'todo_owner' THEN
        RAISE EXCEPTION 'role todo_owner has all rights that it needs' USING ERRCODE = 'invalid_grant_operation';
    END IF;
    IF EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = app
          AND c.relname IN ('users', 'tasks')
          AND NOT pg_has_role(c.relowner, 'USAGE')
    ) THEN
        RAISE EXCEPTION 'must be owner of the tables users and tasks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- It does not see what others have granted since it began, and would take the isolation of their roles back. Only here, and not where a
    -- restore brings rows: that must not fail.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
        AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE i.bound <> '{}')
    THEN
        RAISE EXCEPTION 'rights cannot be changed at isolation level % while a role is isolated', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
    RETURN app::regnamespace::text;
END
$$;

COMMENT ON FUNCTION todo_internal.schema_for_grants(text) IS
    'Returns the schema of the extension to a caller who may grant to the role';

REVOKE ALL ON FUNCTION todo_internal.schema_for_grants(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_check()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
BEGIN ATOMIC
    SELECT c.name, c.ok, c.detail, CASE WHEN NOT c.ok THEN c.fix END
    FROM (
        SELECT 1 AS place, t.* FROM todo_internal.check_version() AS t
        UNION ALL
        SELECT 2 AS place, t.* FROM todo_internal.check_membership() AS t
        UNION ALL
        SELECT 3 AS place, t.* FROM todo_internal.check_registration() AS t
        UNION ALL
        SELECT 4 AS place, t.* FROM todo_internal.check_columns() AS t
        UNION ALL
        SELECT 5 AS place, t.* FROM todo_internal.check_parts() AS t
        UNION ALL
        SELECT 6 AS place, t.* FROM todo_internal.check_storage() AS t
        UNION ALL
        SELECT 7 AS place, t.* FROM todo_internal.check_guard() AS t
        UNION ALL
        SELECT 8 AS place, t.* FROM todo_internal.check_owners() AS t
        UNION ALL
        SELECT 9 AS place, t.* FROM todo_internal.check_task_ids() AS t
        UNION ALL
        SELECT 10 AS place, t.* FROM todo_internal.check_rights() AS t
        UNION ALL
        SELECT 11 AS place, t.* FROM todo_internal.check_isolation() AS t
        UNION ALL
        SELECT 12 AS place, t.* FROM todo_internal.check_dumps() AS t
    ) AS c
    ORDER BY c.place, c.name;
END;

COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Checks whether tables, rules, guard and sequence are as the extension made them: one row for each check';

REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_clear_completed(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_clear_completed';

COMMENT ON FUNCTION @extschema@.todo_clear_completed(text) IS
    'Deletes the completed tasks of a user and returns them as they were';

REVOKE ALL ON FUNCTION @extschema@.todo_clear_completed(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_complete_all(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_all';

COMMENT ON FUNCTION @extschema@.todo_complete_all(text, boolean) IS
    'Marks all tasks of a user as completed, or as pending, and returns those that changed';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_all(text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_complete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_task';

COMMENT ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) IS
    'Marks a user''s task as completed, or as pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_completed_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      AND task.completed_at IS NOT NULL
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_completed_tasks(text) IS
    'Returns the completed tasks of a user, last completed first';

REVOKE ALL ON FUNCTION @extschema@.todo_completed_tasks(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_delete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_delete_task';

COMMENT ON FUNCTION @extschema@.todo_delete_task(bigint, text) IS
    'Deletes a user''s task and returns it as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_task(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_delete_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_delete_user';

COMMENT ON FUNCTION @extschema@.todo_delete_user(text) IS
    'Deletes a user with all tasks and returns the user as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_user(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_get_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.id OPERATOR(pg_catalog.=) $1
      AND task.user_id OPERATOR(pg_catalog.=) $2
$$;

COMMENT ON FUNCTION @extschema@.todo_get_task(bigint, text) IS
    'Returns the task with this id, if it is the user''s';

REVOKE ALL ON FUNCTION @extschema@.todo_get_task(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_get_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE u.id OPERATOR(pg_catalog.=) $1
$$;

COMMENT ON FUNCTION @extschema@.todo_get_user(text) IS
    'Returns the user with this id';

REVOKE ALL ON FUNCTION @extschema@.todo_get_user(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_grant(
    role text,
    access text DEFAULT 'api'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_internal.schema_for_grants(role);
    api regprocedure;
    relation regclass;
BEGIN
    IF access IS NULL THEN
        RAISE EXCEPTION 'argument access must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF access NOT IN ('api', 'tables', 'isolated') THEN
        RAISE EXCEPTION 'access must be api, tables or isolated' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Before it has any right. And before GRANT and REVOKE write the tables' rows in pg_class: an ANALYZE that waits for such a row would
    -- hold a lock that this waits for.
    IF access = 'isolated' THEN
        PERFORM todo_internal.isolate(role);
    ELSE
        PERFORM todo_internal.end_isolation(role);
    END IF;

    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', app, role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.tasks TO %I', app, role);
    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s.tasks_id_seq TO %I', app, role);
    EXECUTE format('GRANT SELECT ON TABLE %s.todo_users TO %I', app, role);
    FOR api IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.oid IN (SELECT todo_internal.member_functions())
          AND p.pronamespace = app::regnamespace
          AND p.proname NOT IN ('todo_set_password_hash', 'todo_grant', 'todo_revoke', 'todo_release_tables')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', api, role);
    END LOOP;

    IF access = 'tables' THEN
        -- REFERENCES is for tables of the application's own that belong to a user or a task.
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON TABLE %s.users TO %I', app, role);
        EXECUTE format('GRANT REFERENCES ON TABLE %s.tasks TO %I', app, role);
    -- Not from the owner, with whose rights references are checked, nor what an extension that builds on this one granted.
    ELSIF role <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = (app || '.users')::regclass)
        AND NOT EXISTS (
            SELECT
            FROM todo_internal.extensions() AS n
            JOIN pg_extension AS e ON e.extname = n AND e.extname <> 'todo'
            JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
            JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'r'
            WHERE has_table_privilege(role, c.oid, 'INSERT')
        )
    THEN
        EXECUTE format('REVOKE ALL ON TABLE %s.users FROM %I', app, role);
        EXECUTE format('REVOKE REFERENCES ON TABLE %s.tasks FROM %I', app, role);
    END IF;
    IF access = 'isolated' THEN
        -- Row-level security does not keep a role from emptying a table, nor its triggers and foreign keys from reaching all rows.
        FOR relation IN SELECT i.relid FROM todo_internal.isolation() AS i WHERE NOT i.is_view LOOP
            EXECUTE format('REVOKE TRUNCATE, TRIGGER, REFERENCES ON TABLE %s FROM %I', relation, role);
        END LOOP;
    END IF;
    PERFORM todo_internal.grant_columns();
END
$$;

COMMENT ON FUNCTION @extschema@.todo_grant(text, text) IS
    'Lets a role use the functions and tasks (''api''), those of the current user alone (''isolated''), or the table users as well (''tables'')';

REVOKE ALL ON FUNCTION @extschema@.todo_grant(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_list_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
    ORDER BY task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_list_tasks(text) IS
    'Returns all tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_list_tasks(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_pending_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      -- A task is pending if and only if this is NULL. So in the order of ix_tasks_user_completed_at, only created_at and id matter.
      AND task.completed_at IS NULL
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_pending_tasks(text) IS
    'Returns the pending tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_pending_tasks(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_release_tables()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made record;
    relation regclass;
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'must be superuser to take the tables out of extension todo'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM todo_internal.refuse_isolation();
    ALTER EXTENSION todo DROP TABLE @extschema@.users;
    ALTER EXTENSION todo DROP TABLE @extschema@.tasks;
    ALTER EXTENSION todo DROP SEQUENCE @extschema@.tasks_id_seq;
    FOR made IN
        SELECT t.tgname, c.oid::regclass AS tab
        FROM pg_trigger AS t
        JOIN pg_class AS c ON c.oid = t.tgrelid
        JOIN todo_internal.expected_todo() AS e ON e.kind = 'trigger' AND e.relation = c.relname AND e.name = t.tgname
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', made.tgname, made.tab);
    END LOOP;
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND c.relowner = 'todo_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END LOOP;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_release_tables() IS
    'Makes both tables ordinary ones, which DROP EXTENSION todo then leaves in place';

REVOKE ALL ON FUNCTION @extschema@.todo_release_tables() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text;
    member regprocedure;
    relation regclass;
BEGIN
    IF todo_internal.forget_isolation(role) THEN
        RETURN;
    END IF;
    app := todo_internal.schema_for_grants(role);
    -- Before REVOKE writes the tables' rows in pg_class: an ANALYZE that waits for such a row would hold a lock that this waits for.
    PERFORM todo_internal.end_isolation(role);
    -- An extension that builds on this one has a function revoke(role) of its own.
    FOR member IN
        SELECT p.oid
        FROM todo_internal.extensions() AS n
        JOIN pg_extension AS e ON e.extname = n AND e.extname <> 'todo'
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.pronamespace = e.extnamespace
        WHERE p.proname = 'revoke' AND p.pronargs = 1
    LOOP
        EXECUTE format('SELECT %s($1)', member::regproc) USING role;
    END LOOP;
    -- Not from the owner of one, with whose rights references are checked.
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.relnamespace = app::regnamespace
          AND c.relname IN ('users', 'tasks', 'todo_users', 'tasks_id_seq')
          AND pg_get_userbyid(c.relowner) <> role
    LOOP
        EXECUTE format(
            'REVOKE ALL ON %s %s FROM %I',
            CASE WHEN relation = (app || '.tasks_id_seq')::regclass THEN 'SEQUENCE' ELSE 'TABLE' END, relation, role
        );
    END LOOP;
    FOR member IN SELECT todo_internal.member_functions() LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', member, role);
    END LOOP;
    IF (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        PERFORM todo_internal.forget_roles(role::name);
    END IF;
    EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %I', app, role);
END
$$;

COMMENT ON FUNCTION @extschema@.todo_revoke(text) IS
    'Takes back what todo_grant gave to a role';

REVOKE ALL ON FUNCTION @extschema@.todo_revoke(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_task_counts(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS TABLE (total bigint, pending bigint, completed bigint)
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT
        pg_catalog.count(*),
        pg_catalog.count(*) FILTER (WHERE NOT task.completed),
        pg_catalog.count(*) FILTER (WHERE task.completed)
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
$$;

COMMENT ON FUNCTION @extschema@.todo_task_counts(text) IS
    'Returns how many tasks a user has: total, pending and completed';

REVOKE ALL ON FUNCTION @extschema@.todo_task_counts(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_toggle_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_toggle_task';

COMMENT ON FUNCTION @extschema@.todo_toggle_task(bigint, text) IS
    'Completes a user''s pending task, or makes a completed one pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_toggle_task(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_update_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    title text DEFAULT NULL,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_update_task';

COMMENT ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) IS
    'Changes title and description of a user''s task and returns it; NULL keeps a value, an empty description clears it';

REVOKE ALL ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_update_user(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    email text DEFAULT NULL,
    name text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_update_user';

COMMENT ON FUNCTION @extschema@.todo_update_user(text, text, text) IS
    'Changes address and name of a user and returns it; NULL keeps a value';

REVOKE ALL ON FUNCTION @extschema@.todo_update_user(text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_verify_email(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_verify_email';

COMMENT ON FUNCTION @extschema@.todo_verify_email(text) IS
    'Marks the address of a user as verified and returns the user';

REVOKE ALL ON FUNCTION @extschema@.todo_verify_email(text) FROM PUBLIC;


-- Returns for each day from from_day to to_day how many of a user's tasks were completed on that day in the time zone, including days with
-- none. At most 3660 days.
-- Errors: 23502 a day is NULL; 22023 no such time zone, or too many days; 22008 a day is infinite, or out of PostgreSQL's range.
CREATE FUNCTION @extschema@.todo_completed_per_day(
    user_id text,
    from_day date,
    to_day date,
    timezone text DEFAULT 'UTC'
)
RETURNS TABLE (day date, completed bigint)
LANGUAGE plpgsql STABLE ROWS 30 PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
-- Columns are qualified, so that these names are those of arguments.
#variable_conflict use_variable
BEGIN
    IF from_day IS NULL OR to_day IS NULL THEN
        RAISE EXCEPTION 'arguments from_day and to_day must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF to_day - from_day >= 3660 THEN
        RAISE EXCEPTION 'there are more than 3660 days from from_day to to_day' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    timezone := coalesce(timezone, 'UTC');
    -- An unknown zone is an error even where no task was completed.
    PERFORM now() AT TIME ZONE timezone;
    RETURN QUERY
    SELECT d.day, coalesce(c.completed, 0)
    FROM generate_series(0, to_day - from_day) AS n (number)
    CROSS JOIN LATERAL (SELECT from_day + n.number) AS d (day)
    LEFT JOIN (
        SELECT (t.completed_at AT TIME ZONE 'UTC' AT TIME ZONE timezone)::date AS day, count(*) AS completed
        FROM @extschema@.tasks AS t
        WHERE t.user_id = todo_completed_per_day.user_id COLLATE "default"
          -- No zone is more than a week away from UTC, not even one that is given in hours.
          AND t.completed_at >= from_day - 8 AND t.completed_at < to_day + 9
        GROUP BY 1
    ) AS c ON c.day = d.day
    ORDER BY d.day;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) IS
    'Returns for each day how many of a user''s tasks were completed on it';

REVOKE ALL ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) FROM PUBLIC;
-- Creates all tasks of a JSON array, or none, and returns them in the order of the array. Each element is an object with these fields:
--   title         a string
--   description   a string. An empty one is stored as NULL
--   completed     true or false (the default)
--   created_at, updated_at, completed_at   times as in ISO 8601, in UTC unless they have an offset
-- Everything but title may be missing or null. The rules are those of todo_create_task().
-- Errors: 23502 an argument or a title is NULL or missing; 23503 there is no such user; 22023 tasks is not such an array; 22001, 22007,
-- 22008, 22009 and 23514 a value breaks a rule. DETAIL names the element, counted from 0, and the field, for example tasks[2].title.
CREATE FUNCTION @extschema@.todo_create_tasks(
    user_id text,
    tasks jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
AS $$
-- Without a SET clause, so that triggers of the application run as they do for any other statement. Columns are qualified, so that these
-- names are those of arguments and variables.
#variable_conflict use_variable
DECLARE
    batch pg_catalog.jsonb := tasks;
    place pg_catalog.int4;
    field pg_catalog.text;
    known CONSTANT pg_catalog.text[] := '{title,description,completed,created_at,updated_at,completed_at}';
    time pg_catalog.text;
    -- Variables have the collation of the arguments, which may be one that has no regular expressions.
    iso CONSTANT pg_catalog.text :=
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)? *([Zz]|[+-][0-9]{2}(:?[0-9]{2}){0,2})?)?$';
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'argument user_id must not be null' USING ERRCODE = 'not_null_violation', TABLE = 'tasks', COLUMN = 'user_id';
    ELSIF tasks IS NULL THEN
        RAISE EXCEPTION 'argument tasks must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF pg_catalog.jsonb_typeof(tasks) OPERATOR(pg_catalog.<>) 'array' THEN
        RAISE EXCEPTION 'tasks must be an array' USING ERRCODE = 'invalid_parameter_value';
    -- PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
    ELSIF user_id OPERATOR(pg_catalog.=) '' OR pg_catalog.char_length(user_id) OPERATOR(pg_catalog.>) 36 THEN
        RAISE EXCEPTION 'insert or update on table "tasks" violates foreign key constraint "tasks_user_id_fkey"'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'tasks', COLUMN = 'user_id', CONSTRAINT = 'tasks_user_id_fkey';
    END IF;
    -- The first task that is not one, and its field.
    SELECT e.number OPERATOR(pg_catalog.-) 1, f.field
    INTO place, field
    FROM pg_catalog.jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN pg_catalog.jsonb_typeof(e.task) OPERATOR(pg_catalog.<>) 'object' THEN ''
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'title') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[]) THEN 'title'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'description') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[]) THEN 'description'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'completed') OPERATOR(pg_catalog.<>) ALL ('{boolean,"null"}'::pg_catalog.text[]) THEN 'completed'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'created_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'created_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'created_at'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'updated_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'updated_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'updated_at'
            WHEN pg_catalog.jsonb_typeof(e.task OPERATOR(pg_catalog.->) 'completed_at') OPERATOR(pg_catalog.<>) ALL ('{string,"null"}'::pg_catalog.text[])
                OR (e.task OPERATOR(pg_catalog.->>) 'completed_at') OPERATOR(pg_catalog.!~) iso COLLATE pg_catalog."default" THEN 'completed_at'
            WHEN (e.task OPERATOR(pg_catalog.-) known) OPERATOR(pg_catalog.<>) '{}' THEN (SELECT pg_catalog.jsonb_object_keys(e.task OPERATOR(pg_catalog.-) known) LIMIT 1)
        END AS field
    ) AS f
    WHERE f.field IS NOT NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'task has a field that is not known, or not of its type'
            USING ERRCODE = 'invalid_parameter_value',
                DETAIL = pg_catalog.concat_ws('.', pg_catalog.format('tasks[%s]', place), CASE WHEN field OPERATOR(pg_catalog.<>) '' THEN field END),
                HINT = 'A task is an object with title, description, completed, created_at, updated_at and completed_at.';
    END IF;

    BEGIN
        RETURN QUERY
INSERT INTO @extschema@.tasks AS task (user_id, title, description, completed, created_at, updated_at, completed_at)
SELECT
    user_id,
    pg_catalog.btrim(n.title),
    CASE WHEN n.description OPERATOR(pg_catalog.<>) '' THEN n.description END,
    COALESCE(n.completed, false),
    pg_catalog.timezone('UTC', COALESCE((n.created_at OPERATOR(pg_catalog.||) CASE WHEN n.created_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', COALESCE((n.updated_at OPERATOR(pg_catalog.||) CASE WHEN n.updated_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', (n.completed_at OPERATOR(pg_catalog.||) CASE WHEN n.completed_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz)
FROM pg_catalog.jsonb_to_recordset(batch) AS n (
    title pg_catalog.text, description pg_catalog.text, completed pg_catalog.bool,
    created_at pg_catalog.text, updated_at pg_catalog.text, completed_at pg_catalog.text
)
        RETURNING task.*;
        RETURN;
    EXCEPTION WHEN data_exception OR not_null_violation OR check_violation OR unique_violation OR exclusion_violation THEN
        -- Which task is it? One by one, for the error to say so.
        FOR place, batch IN
            SELECT e.number OPERATOR(pg_catalog.-) 1, pg_catalog.jsonb_build_array(e.task)
            FROM pg_catalog.jsonb_array_elements(tasks) WITH ORDINALITY AS e (task, number)
        LOOP
            BEGIN
                FOR field, time IN
                    SELECT f.name, f.value
                    FROM pg_catalog.jsonb_each_text(batch OPERATOR(pg_catalog.->) 0) AS f (name, value)
                    WHERE f.name OPERATOR(pg_catalog.~) '_at$'
                LOOP
                    -- As they are converted above.
                    PERFORM (time OPERATOR(pg_catalog.||) CASE WHEN time COLLATE pg_catalog."default" OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz;
                END LOOP;
                field := NULL;
INSERT INTO @extschema@.tasks AS task (user_id, title, description, completed, created_at, updated_at, completed_at)
SELECT
    user_id,
    pg_catalog.btrim(n.title),
    CASE WHEN n.description OPERATOR(pg_catalog.<>) '' THEN n.description END,
    COALESCE(n.completed, false),
    pg_catalog.timezone('UTC', COALESCE((n.created_at OPERATOR(pg_catalog.||) CASE WHEN n.created_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', COALESCE((n.updated_at OPERATOR(pg_catalog.||) CASE WHEN n.updated_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', (n.completed_at OPERATOR(pg_catalog.||) CASE WHEN n.completed_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz)
FROM pg_catalog.jsonb_to_recordset(batch) AS n (
    title pg_catalog.text, description pg_catalog.text, completed pg_catalog.bool,
    created_at pg_catalog.text, updated_at pg_catalog.text, completed_at pg_catalog.text
)
                ;
            EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                DECLARE
                    state pg_catalog.text;
                    message pg_catalog.text;
                    detail pg_catalog.text;
                    in_schema pg_catalog.text;
                    in_table pg_catalog.text;
                    in_column pg_catalog.text;
                    in_constraint pg_catalog.text;
                BEGIN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, in_schema = SCHEMA_NAME,
                        in_table = TABLE_NAME, in_column = COLUMN_NAME, in_constraint = CONSTRAINT_NAME;
                    IF in_table OPERATOR(pg_catalog.=) 'tasks' AND in_column OPERATOR(pg_catalog.<>) '' THEN
                        field := in_column;
                    -- PostgreSQL itself names no column when it is too short for a value.
                    ELSIF state OPERATOR(pg_catalog.=) '22001' AND pg_catalog.char_length(
                        pg_catalog.btrim(batch OPERATOR(pg_catalog.#>>) '{0,title}')
                    ) OPERATOR(pg_catalog.>) 200 THEN
                        field := 'title';
                    END IF;
                    detail := pg_catalog.concat_ws('.', pg_catalog.format('tasks[%s]', place), field);
                    -- A field of an error that is set is there, even if it is empty.
                    IF field IS NOT NULL AND in_constraint OPERATOR(pg_catalog.<>) '' THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, SCHEMA = in_schema, TABLE = 'tasks',
                            COLUMN = field, CONSTRAINT = in_constraint;
                    ELSIF field IS NOT NULL THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, TABLE = 'tasks', COLUMN = field;
                    ELSIF in_constraint OPERATOR(pg_catalog.<>) '' THEN
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, SCHEMA = in_schema, TABLE = in_table,
                            CONSTRAINT = in_constraint;
                    ELSE
                        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail;
                    END IF;
                END;
            END;
        END LOOP;
        -- Only all of them together are refused.
        RAISE;
    END;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) IS
    'Creates all tasks of a JSON array, or none, and returns them';

REVOKE ALL ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) FROM PUBLIC;
-- Returns everything that the tables store about a user, except the hash, as a JSON object: version (1), user, and tasks, oldest first.
-- Times have the form of ISO 8601, with an offset. Returns NULL for an unknown user. todo_import_tasks() takes such an object.
CREATE FUNCTION @extschema@.todo_export_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $$
    SELECT jsonb_build_object(
        'version', 1,
        'user', jsonb_build_object(
            'id', u.id, 'email', u.email, 'name', u.name, 'is_active', u.is_active, 'email_verified', u.email_verified,
            'created_at', u.created_at AT TIME ZONE 'UTC', 'updated_at', u.updated_at AT TIME ZONE 'UTC'
        ),
        'tasks', coalesce(
            (
                SELECT jsonb_agg(
                    jsonb_build_object(
                        'id', t.id, 'title', t.title, 'description', t.description, 'completed', t.completed,
                        'created_at', t.created_at AT TIME ZONE 'UTC', 'updated_at', t.updated_at AT TIME ZONE 'UTC',
                        'completed_at', t.completed_at AT TIME ZONE 'UTC'
                    )
                    ORDER BY t.created_at, t.id
                )
                FROM @extschema@.tasks AS t
                WHERE t.user_id = u.id
            ),
            '[]'
        )
    )
    FROM @extschema@.todo_users AS u
    WHERE u.id = todo_export_user.user_id COLLATE "default"
$$;

COMMENT ON FUNCTION @extschema@.todo_export_user(text) IS
    'Returns what the tables hold on a user, except the hash, as JSON';

REVOKE ALL ON FUNCTION @extschema@.todo_export_user(text) FROM PUBLIC;
-- Returns one page of a user's tasks. An argument that is NULL filters nothing, or has its default.
--   completed     whether the tasks are completed
--   search        words separated by spaces, at most 20 words and 200 characters. Each must be the beginning of a word in the title or the
--                 description. Letter case and accents do not matter (see todo_search_text)
--   created_from  created at this time (UTC) or later
--   created_to    created before this time (UTC)
--   sort          'created'    newest first
--                 'updated'    last changed first
--                 'completed'  pending tasks first, newest first; then completed ones, last completed first
--                 'title'      in the order of the database's collation
--   page_size     how many tasks at most, 1 to 1000
--   after         todo_task_cursor() of the last task of the page before, in the same order. The page begins after it
-- Tasks that are equal in that order are in the order of their ids. Pages are not found by counting rows. So each is as fast as the first,
-- and a task that is created or deleted meanwhile does not move others to another page.
-- PARALLEL UNSAFE, because reading a cursor takes a subtransaction.
-- Errors: 22023 no such order, page_size is out of range, search is too long, or after is not a cursor of this user and this order.
CREATE FUNCTION @extschema@.todo_filter_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT NULL,
    search text DEFAULT NULL,
    created_from timestamp DEFAULT NULL,
    created_to timestamp DEFAULT NULL,
    sort text DEFAULT 'created',
    page_size integer DEFAULT 50,
    after text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql STABLE ROWS 50 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
-- One plan serves all users: it walks an index, or sorts. Starting parallel workers would take longer than most pages.
SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0
-- If there are few users, PostgreSQL would otherwise walk the tasks of all users by their times, and sort those of the same time.
SET enable_incremental_sort = off
-- With a limit, a search by the GIN index would leave out matching tasks.
SET gin_fuzzy_search_limit = 0
SET enable_bitmapscan = on
AS $$
-- Columns are qualified, so that these names are those of arguments and variables.
#variable_conflict use_variable
DECLARE
    -- The collation of an argument may be another one than the columns have.
    owner CONSTANT text COLLATE "default" := user_id;
    -- Where the last task stands. Before the first page, these are values that no task has, so that one plan serves all pages. last_time is when
    -- that task was changed, or completed; NULL if it was pending.
    last_time timestamp := CASE sort WHEN 'updated' THEN 'infinity' END;
    last_created timestamp := 'infinity';
    last_title text COLLATE "default" := '';
    last_id bigint := CASE WHEN sort = 'title' THEN 0 ELSE 9223372036854775807 END;
    place jsonb;
    sought CONSTANT text COLLATE "default" := search;
    patterns text[];
    words tsquery;
    on_page integer := 0;
    seen integer;
    -- A variable, because PostgreSQL would sort where it knows that most users have fewer tasks.
    glance integer;
    -- The glance begins where the page does, in an order by creation; otherwise at the newest task.
    glance_created timestamp := 'infinity';
    glance_id bigint := 9223372036854775807;
    -- What is neither a letter nor a digit, in ASCII and beyond: punctuation, spaces, arrows, signs and pictures.
    separators CONSTANT text COLLATE pg_catalog."default" := '\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u05be\u060c\u061b\u061f\u06d4\u0964\u0965\u1361-\u1368\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\U0001f000-\U0001faff';
    -- The scripts that put no spaces between words: Thai to Khmer, Chinese and Japanese. Each of their characters begins a word.
    unspaced CONSTANT text COLLATE pg_catalog."default" := '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff';
BEGIN
    sort := coalesce(sort, 'created');
    page_size := coalesce(page_size, 50);
    IF sort NOT IN ('created', 'updated', 'completed', 'title') THEN
        RAISE EXCEPTION 'sort must be created, updated, completed or title' USING ERRCODE = 'invalid_parameter_value';
    ELSIF page_size NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'page_size must be 1 to 1000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    glance := 1000 + 2 * page_size;
    IF after IS NOT NULL THEN
        BEGIN
            place := convert_from(decode(substr(after, 2), 'hex'), 'UTF8')::jsonb;
            last_id := place -> 2;
            IF sort = 'title' THEN
                last_title := place ->> 3;
            ELSIF sort = 'created' THEN
                last_created := place ->> 3;
            ELSE
                last_time := place ->> 3;
                last_created := coalesce(place ->> 4, 'infinity');
            END IF;
        EXCEPTION WHEN data_exception OR statement_too_complex THEN
            place := NULL;
        END;
        IF (left(after, 1) = '1' AND place ->> 0 = sort AND place -> 1 = to_jsonb(hashtextextended(user_id COLLATE "C", 0))
            AND last_id IS NOT NULL AND last_title IS NOT NULL AND last_created IS NOT NULL AND (last_time IS NOT NULL OR sort <> 'updated'))
            IS NOT TRUE
        THEN
            RAISE EXCEPTION 'after is not a cursor of this user and order'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is todo_task_cursor(task, sort) of the last task of the page before.';
        END IF;
    END IF;

    IF (sort = 'created' OR sort = 'completed' AND completed IS FALSE) AND created_to <= last_created THEN
        -- No task that was created then has an id below this one.
        last_created := created_to;
        last_id := 0;
    END IF;

    IF char_length(sought) > 200 THEN
        RAISE EXCEPTION 'search is longer than 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Every character stands for itself. A word may begin anywhere in the text if its first character does not belong to a longer word.
    SELECT array_agg(
        CASE WHEN t.term ~ format('^[%s%s]', separators, unspaced) THEN '' ELSE format('(?:^|[%s%s])', separators, unspaced) END
        || regexp_replace(t.term, '([!-/:-@\[-`{-~])', '\\\1', 'g')
    )
    INTO patterns
    FROM (SELECT DISTINCT regexp_split_to_table(@extschema@.todo_search_text(sought), '\s+')) AS t (term)
    WHERE t.term <> '';
    IF cardinality(patterns) > 20 THEN
        RAISE EXCEPTION 'search has more than 20 words' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF patterns IS NOT NULL AND EXISTS (
        SELECT
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE i.indexrelid = to_regclass('@extschema@.ix_tasks_search')
          AND i.indrelid = '@extschema@.tasks'::regclass
          AND i.indisvalid
          AND i.indpred IS NULL
          AND a.amname = 'gin'
          AND pg_get_expr(i.indexprs, i.indrelid) LIKE '%todo_search_words%'
          -- PostgreSQL does not look for words in an index before it knows that the caller may see the row.
          AND NOT (
              row_security_active(i.indrelid)
              AND EXISTS (
                  SELECT
                  FROM pg_policy AS p
                  CROSS JOIN unnest(p.polroles) AS r (oid)
                  WHERE p.polrelid = i.indrelid AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) <> 'true'
                    AND (r.oid = 0 OR pg_has_role(r.oid, 'USAGE'))
              )
          )
    ) THEN
        IF sort = 'created' OR sort = 'completed' AND completed IS FALSE THEN
            glance_created := last_created;
            glance_id := last_id;
        END IF;
        SELECT count(*)
        INTO seen
        FROM (
            SELECT
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND (task.created_at, task.id) < (glance_created, glance_id)
            ORDER BY task.created_at DESC, task.id DESC
            LIMIT glance
        ) AS first;
        -- Where the next tasks fill a page, the index would be slower, because it finds all that match. The other orders may have to read
        -- all tasks, which takes longer still.
        IF seen = glance AND sort = 'created' AND completed IS NOT FALSE THEN
            SELECT count(*)
            INTO on_page
            FROM (
                SELECT
                FROM (
                    SELECT task.*
                    FROM @extschema@.tasks AS task
                    WHERE task.user_id = owner AND (task.created_at, task.id) < (glance_created, glance_id)
                    ORDER BY task.created_at DESC, task.id DESC
                    LIMIT glance
                ) AS task
                WHERE
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
                LIMIT page_size
            ) AS page;
        ELSIF seen = glance AND sort IN ('created', 'completed') THEN
            SELECT count(*)
            INTO on_page
            FROM (
                SELECT
                FROM (
-- The next tasks in the order of completion, pending ones first: twice a glance at most. The same in the order of creation, if only pending
-- tasks are asked for.
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT TRUE AND last_time IS NULL
      AND task.completed_at IS NULL
      AND (task.created_at, task.id) < (last_created, last_id)
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
UNION ALL
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT FALSE
      AND task.completed_at IS NOT NULL
      AND (task.completed_at, task.created_at, task.id) < (
          coalesce(last_time, 'infinity'), CASE WHEN last_time IS NULL THEN 'infinity' ELSE last_created END,
          CASE WHEN last_time IS NULL THEN 9223372036854775807 ELSE last_id END
      )
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
                ) AS task
                WHERE
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
                LIMIT page_size
            ) AS page;
            SELECT count(*)
            INTO seen
            FROM (
-- The next tasks in the order of completion, pending ones first: twice a glance at most. The same in the order of creation, if only pending
-- tasks are asked for.
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT TRUE AND last_time IS NULL
      AND task.completed_at IS NULL
      AND (task.created_at, task.id) < (last_created, last_id)
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
UNION ALL
(
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id = owner AND completed IS NOT FALSE
      AND task.completed_at IS NOT NULL
      AND (task.completed_at, task.created_at, task.id) < (
          coalesce(last_time, 'infinity'), CASE WHEN last_time IS NULL THEN 'infinity' ELSE last_created END,
          CASE WHEN last_time IS NULL THEN 9223372036854775807 ELSE last_id END
      )
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
    LIMIT glance
)
            ) AS task
            WHERE on_page < page_size;
        END IF;
        IF seen >= glance AND on_page < page_size THEN
            words := (
                SELECT string_agg(format('''%s'':*', replace(replace(w.word, '\', '\\'), '''', '''''')), ' & ')
                FROM unnest(tsvector_to_array(@extschema@.todo_search_words(owner, sought))) AS w (word)
            );
        END IF;
        on_page := 0;
    END IF;

    IF words IS NOT NULL THEN
        -- What the index finds is few enough to be sorted. No other index is used: PostgreSQL does not know how few.
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE @extschema@.todo_search_words(task.user_id, task.title, task.description) @@ words AND (task.user_id = owner) IS TRUE AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
          AND CASE sort
              WHEN 'created' THEN (task.created_at, task.id) < (last_created, last_id)
              WHEN 'updated' THEN (task.updated_at, task.id) < (last_time, last_id)
              WHEN 'title' THEN (task.title, task.id) > (last_title, last_id)
              ELSE (coalesce(task.completed_at, 'infinity'), task.created_at, task.id) < (coalesce(last_time, 'infinity'), last_created, last_id)
          END
        ORDER BY
            CASE WHEN sort = 'title' THEN task.title END,
            CASE WHEN sort = 'title' THEN task.id END,
            CASE sort WHEN 'updated' THEN task.updated_at WHEN 'completed' THEN coalesce(task.completed_at, 'infinity') END DESC,
            CASE WHEN sort <> 'updated' THEN task.created_at END DESC,
            task.id DESC
        LIMIT page_size;
    ELSIF sort = 'updated' THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
          AND (task.updated_at, task.id) < (last_time, last_id)
        ORDER BY task.updated_at DESC, task.id DESC
        LIMIT page_size;
    ELSIF sort = 'title' THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
          AND (task.title, task.id) > (last_title, last_id)
        ORDER BY task.title, task.id
        LIMIT page_size;
    ELSIF sort = 'created' AND completed IS NOT FALSE THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
          AND (task.created_at, task.id) < (last_created, last_id)
        ORDER BY task.created_at DESC, task.id DESC
        LIMIT page_size;
    ELSE
        IF completed IS NOT TRUE AND last_time IS NULL THEN
            RETURN QUERY
            SELECT task.*
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
              AND task.completed_at IS NULL
              AND (task.created_at, task.id) < (last_created, last_id)
                ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
            LIMIT page_size;
            GET DIAGNOSTICS on_page = ROW_COUNT;
        END IF;
        IF completed IS NOT FALSE AND on_page < page_size THEN
            IF last_time IS NULL THEN
                last_time := 'infinity';
                last_created := 'infinity';
                last_id := 9223372036854775807;
            END IF;
            RETURN QUERY
            SELECT task.*
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND
          CASE
              WHEN completed IS NULL AND created_from IS NULL AND created_to IS NULL AND patterns IS NULL THEN true
              ELSE (completed IS NULL OR task.completed = completed)
                  AND (created_from IS NULL OR task.created_at >= created_from)
                  AND (created_to IS NULL OR task.created_at < created_to)
                  AND (patterns IS NULL OR @extschema@.todo_search_text(task.title || E'\n' || coalesce(task.description, '')) ~ ALL (patterns COLLATE "default"))
          END
              AND task.completed_at IS NOT NULL
              AND (task.completed_at, task.created_at, task.id) < (last_time, last_created, last_id)
            ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
            LIMIT page_size - on_page;
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) IS
    'Returns one page of a user''s tasks, filtered and sorted';

REVOKE ALL ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) FROM PUBLIC;
-- Creates the tasks of an object that todo_export_user() has returned, for this or another user, and returns them. All their values stay
-- as they are, except the ids, which are new. Importing the same object again creates the tasks again.
-- Errors: as todo_create_tasks(); 22023 also if document is not such an object.
CREATE FUNCTION @extschema@.todo_import_tasks(
    user_id text,
    document jsonb
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 100 PARALLEL UNSAFE
AS $$
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION 'argument document must not be null' USING ERRCODE = 'not_null_violation';
    ELSIF (
        (document OPERATOR(pg_catalog.->) 'version') OPERATOR(pg_catalog.=) '1'
        AND pg_catalog.jsonb_typeof(document OPERATOR(pg_catalog.->) 'tasks') OPERATOR(pg_catalog.=) 'array'
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'document is not what todo_export_user() of this version returns' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Whose they were, and their ids, do not count.
    RETURN QUERY
    SELECT n.*
    FROM @extschema@.todo_create_tasks(
        user_id,
        (
            SELECT COALESCE(
                pg_catalog.jsonb_agg(
                    CASE
                        WHEN pg_catalog.jsonb_typeof(e.task) OPERATOR(pg_catalog.=) 'object' THEN e.task OPERATOR(pg_catalog.-) '{id,user_id}'::pg_catalog.text[]
                        ELSE e.task
                    END
                    ORDER BY e.number
                ),
                '[]'
            )
            FROM pg_catalog.jsonb_array_elements(document OPERATOR(pg_catalog.->) 'tasks') WITH ORDINALITY AS e (task, number)
        )
    ) AS n;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) IS
    'Creates the tasks of a JSON object from todo_export_user(), and returns them';

REVOKE ALL ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) FROM PUBLIC;
-- Returns a text in the form that the search compares: in lower case, and without accents. In a database with locale C, PostgreSQL knows
-- only the case of ASCII letters.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it.
CREATE FUNCTION @extschema@.todo_search_text(
    document text
)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        -- ASCII alone, whose case is the same everywhere (not in Turkish).
        WHEN pg_catalog.octet_length(document) OPERATOR(pg_catalog.=) pg_catalog.char_length(document) THEN pg_catalog.lower(document COLLATE pg_catalog."C")
        -- Latin, Greek and Cyrillic accents, Hebrew points and Arabic vowels are characters of their own in form NFKD. What that form
        -- does not take apart is replaced.
        ELSE pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
            pg_catalog.translate(
                pg_catalog.lower(pg_catalog.normalize(
                    pg_catalog.regexp_replace(
                        pg_catalog.normalize(document, 'NFKD'),
                        '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe0e\ufe0f]',
                        '', 'g'
                    ),
                    'NFKC'
                )),
                'øłđħŧıς', 'oldhtiσ'
            ),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
    END;
END;

COMMENT ON FUNCTION @extschema@.todo_search_text(text) IS
    'Returns a text in lower case and without accents, as the search compares it';

-- PUBLIC may execute it: the index calls it with the rights of the role that writes a task. It reads only its arguments. own() sees to
-- that.
-- Returns the words of a task, each after the id of the user, for an index that makes searches of todo_filter_tasks() faster
-- (docs/lists.md). Only the first 64 characters of a word count, and only as much of each argument as its column can store, because
-- array_to_tsvector() does not check whether a word, or all words together, are too long for a tsvector.
CREATE FUNCTION @extschema@.todo_search_words(
    user_id text,
    title text,
    description text DEFAULT NULL
)
RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    -- What is neither a letter nor a digit, in ASCII and beyond: punctuation, spaces, arrows, signs and pictures.
    separators CONSTANT text COLLATE pg_catalog."default" := '\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u05be\u060c\u061b\u061f\u06d4\u0964\u0965\u1361-\u1368\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\U0001f000-\U0001faff';
    -- The scripts that put no spaces between words: Thai to Khmer, Chinese and Japanese. Each of their characters begins a word.
    unspaced CONSTANT text COLLATE pg_catalog."default" := '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff';
BEGIN
    RETURN (
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT concat(left(user_id, 36), ' ', left(m.words[1], 64))), '{}'))
        FROM regexp_matches(
            @extschema@.todo_search_text(concat_ws(E'\n', left(title, 200), left(description, 1000))),
            format('[%1$s]|[^%1$s%2$s]+', unspaced, separators),
            'g'
        ) AS m (words)
    );
END
$$;

COMMENT ON FUNCTION @extschema@.todo_search_words(text, text, text) IS
    'Returns the words of a task, for an index for the search';

-- PUBLIC may execute it: the index calls it with the rights of the role that writes a task. It reads only its arguments. own() sees to
-- that.
-- Returns where a task stands in the given order of todo_filter_tasks(), which takes it as the argument after. It stays valid when the task
-- changes or is deleted. If task is NULL, so is the cursor. If sort is NULL, it is 'created'.
-- Errors: 22023 no such order.
CREATE FUNCTION @extschema@.todo_task_cursor(
    task @extschema@.tasks,
    sort text DEFAULT 'created'
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task IS NULL THEN
        RETURN NULL;
    END IF;
    sort := coalesce(sort, 'created');
    IF sort NOT IN ('created', 'updated', 'completed', 'title') THEN
        RAISE EXCEPTION 'sort must be created, updated, completed or title' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- The first character is the version of what follows: the order, what tells one user from another, the id, and the values that come
    -- before the id in the order. JSON has times in one form, whatever the session's settings are.
    RETURN '1' || encode(
        convert_to(
            jsonb_build_array(
                sort,
                hashtextextended(task.user_id COLLATE "C", 0),
                task.id,
                CASE sort
                    WHEN 'created' THEN to_jsonb(task.created_at)
                    WHEN 'updated' THEN to_jsonb(task.updated_at)
                    WHEN 'completed' THEN to_jsonb(task.completed_at)
                    ELSE to_jsonb(task.title)
                END,
                CASE WHEN sort = 'completed' THEN to_jsonb(task.created_at) END
            )::text,
            'UTF8'
        ),
        'hex'
    );
END
$$;

COMMENT ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) IS
    'Returns where a task stands in an order of todo_filter_tasks(), for its argument after';

REVOKE ALL ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) FROM PUBLIC;
-- Returns figures on a user's tasks: always one row.
--   total, pending, completed  how many tasks there are
--   completion_rate            completed of total, from 0 to 1; NULL without tasks
--   median_time, p90_time      half, and nine tenths, of the completed tasks were completed within this time after they were created; NULL
--                              without completed tasks
--   longest_streak             the largest number of consecutive days, in the time zone, on each of which a task was completed
-- Errors: 22023 no such time zone, if a task is completed.
CREATE FUNCTION @extschema@.todo_task_stats(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    timezone text DEFAULT 'UTC'
)
RETURNS TABLE (
    total bigint,
    pending bigint,
    completed bigint,
    completion_rate double precision,
    median_time interval,
    p90_time interval,
    longest_streak integer
)
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH task AS (
        SELECT t.completed_at, t.completed_at - t.created_at AS duration
        FROM @extschema@.tasks AS t
        WHERE t.user_id = todo_task_stats.user_id COLLATE "default"
    ), day AS (
        SELECT DISTINCT (t.completed_at AT TIME ZONE 'UTC' AT TIME ZONE coalesce(timezone, 'UTC'))::date AS day
        FROM task AS t
        WHERE t.completed_at IS NOT NULL
    ), streak AS (
        -- Days in a row are as far from their numbers.
        SELECT count(*) AS days
        FROM (SELECT d.day - row_number() OVER (ORDER BY d.day)::integer AS origin FROM day AS d) AS d
        GROUP BY d.origin
    )
    SELECT
        count(*),
        count(*) - count(t.completed_at),
        count(t.completed_at),
        count(t.completed_at)::double precision / nullif(count(*), 0),
        justify_hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY t.duration)),
        justify_hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY t.duration)),
        coalesce((SELECT max(s.days) FROM streak AS s), 0)::integer
    FROM task AS t
$$;

COMMENT ON FUNCTION @extschema@.todo_task_stats(text, text) IS
    'Returns figures on a user''s tasks: counts, times to completion, and the longest streak of days';

REVOKE ALL ON FUNCTION @extschema@.todo_task_stats(text, text) FROM PUBLIC;
-- Makes the role todo_owner the owner of an extension's views, of its functions that run with the owner's rights, and of its tables that
-- belong to a superuser. All other objects still belong to a superuser: they run with the rights of their caller, or of the role whose
-- command fires them, so their owner could run code as any of these roles.
-- Also revokes all rights of others on these objects, because ALTER DEFAULT PRIVILEGES may have given some. Two functions for everyone
-- are an exception. Only the tables users and tasks keep their rights, because they may be older than the extension. A superuser calls it
-- at the end of the extensions' scripts.
-- An upgrade script calls it with the members that were there before, as CLASS OID: what was granted on them stays.
CREATE FUNCTION todo_internal.own(
    extension text,
    present text[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    member record;
    grantee text;
BEGIN
    FOR member IN
        SELECT m.kind, m.identity, m.owner, m.acl, m.is_table, m.is_for_owner, m.is_helper,
            m.identity ~ '(^|[.])todo_search_(text|words)[(]' AS is_everyones
        FROM pg_depend AS d
        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
        CROSS JOIN LATERAL (
            SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS identity, p.proowner AS owner,
                coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, false AS is_table, p.prosecdef AS is_for_owner,
                NOT p.prosecdef AND (p.pronamespace = 'todo_internal'::regnamespace OR p.proname IN ('todo_not_in_dumps', 'todo_current_user_id')) AS is_helper
            FROM pg_proc AS p
            WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            UNION ALL
            SELECT 'SCHEMA', quote_ident(n.nspname), n.nspowner, n.nspacl, false, false, true
            FROM pg_namespace AS n
            WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, c.relkind = 'r' AND c.relnamespace <> 'todo_internal'::regnamespace,
                c.relkind = 'v' OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = c.relowner), false
            FROM pg_class AS c
            WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        ) AS m
        WHERE e.extname = own.extension AND format('%s %s', d.classid, d.objid) <> ALL (present)
    LOOP
        -- The sequence of a table's ids goes with the table.
        IF member.is_for_owner THEN
            EXECUTE format('ALTER %s %s OWNER TO todo_owner', member.kind, member.identity);
        END IF;
        CONTINUE WHEN member.is_table AND extension = 'todo';
        -- PUBLIC in any case, so that PostgreSQL notes the rights of the new owner as those that the extension gives.
        FOR grantee IN
            SELECT 'PUBLIC' WHERE NOT member.is_everyones
            UNION
            SELECT quote_ident(r.rolname)
            FROM aclexplode(member.acl) AS a
            JOIN pg_roles AS r ON r.oid = a.grantee
            WHERE a.grantee NOT IN (member.owner, 'todo_owner'::regrole)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', member.kind, member.identity, grantee);
        END LOOP;
        -- An index for the search calls these with the rights of the role that writes a task.
        IF member.is_everyones AND NOT EXISTS (SELECT FROM aclexplode(member.acl) AS a WHERE a.grantee = 0) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', member.identity);
        END IF;
        -- What functions with the owner's rights call.
        IF member.is_helper THEN
            EXECUTE format(
                'GRANT %s ON %s %s TO todo_owner', CASE member.kind WHEN 'SCHEMA' THEN 'USAGE' ELSE 'EXECUTE' END, member.kind, member.identity
            );
        END IF;
    END LOOP;
    -- For new tables, and for views that have been replaced.
    PERFORM todo_internal.keep_isolation();
END
$$;

COMMENT ON FUNCTION todo_internal.own(text, text[]) IS
    'Makes todo_owner the owner of an extension''s objects and takes all rights on them from everyone else';

REVOKE ALL ON FUNCTION todo_internal.own(text, text[]) FROM PUBLIC;
-- The last step where the extension has had its own objects before, see present.sql.
SELECT todo_internal.own('todo', todo_internal.present());
DROP FUNCTION todo_internal.present();
