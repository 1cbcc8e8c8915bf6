-- todo 1.1.0, SQL edition: users and tasks of a to-do application, with their rules, for servers where extensions cannot be installed.
-- Run it as the role that is to own everything, in a database with encoding UTF8 and the extension pgcrypto. It creates its tables and
-- functions in the first schema of search_path, and its helpers in schema todo_internal. Where an older version is installed, it updates
-- that one, and keeps rows and grants. After SET todo.adopt = on, it takes over tables users and tasks that exist in that schema already.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    home pg_catalog.text := pg_catalog.current_schema();
    is_update boolean;
    is_adoption boolean;
    -- Qualified, as search_path could lead to a type of this name.
    before pg_catalog.record;
    statement pg_catalog.text;
    step pg_catalog.text;
    place pg_catalog.text;
    statements pg_catalog.text[];
    made pg_catalog.text[];
    -- The functions of an older version, each with the place of its row in pg_proc, and those of the application that have such names.
    old_functions pg_catalog.text[] := '{}';
    other_functions pg_catalog.oid[];
    place_of_other pg_catalog.text[];
    present pg_catalog.text[] := '{}';
    left_over pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    statements := ARRAY[
$statement$SET LOCAL search_path = pg_catalog, pg_temp$statement$,
$statement$SET LOCAL quote_all_identifiers = off$statement$,
$statement$SET LOCAL standard_conforming_strings = on$statement$,
$statement$DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'extension todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported', HINT = 'Create it with TEMPLATE template0 ENCODING ''UTF8''.';
    END IF;
END
$$$statement$,
$statement$CREATE SCHEMA todo_internal$statement$,
$statement$CREATE TABLE todo_internal.installed (
    name      text   NOT NULL,
    version   text   NOT NULL,
    -- Its functions, by their signature(). Those that are not in the application's schema have the name of theirs before it.
    functions text[] NOT NULL DEFAULT '{}',
    CONSTRAINT installed_pkey PRIMARY KEY (name)
)$statement$,
$statement$INSERT INTO todo_internal.installed (name, version) VALUES ('todo', '1.1.0')
ON CONFLICT ON CONSTRAINT installed_pkey DO UPDATE SET version = EXCLUDED.version$statement$,
$statement$CREATE FUNCTION todo_internal.signature(
    function regprocedure
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT format(
        '%I(%s)', p.proname, (
            SELECT string_agg(concat(CASE WHEN t.typnamespace <> p.pronamespace THEN t.typnamespace::regnamespace || '.' END, quote_ident(t.typname)), ',' ORDER BY a.number)
            FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, number)
            JOIN pg_type AS t ON t.oid = a.type
        )
    )
    FROM pg_proc AS p
    WHERE p.oid = function;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.signature(regprocedure) IS
    'Returns the name and the argument types of a function'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.signature(regprocedure) FROM PUBLIC$statement$,
$statement$CREATE TABLE todo_internal.setting (
    name  text NOT NULL,
    value text NOT NULL,
    CONSTRAINT setting_pkey PRIMARY KEY (name),
    CONSTRAINT setting_check CHECK (name OPERATOR(pg_catalog.=) 'bcrypt_cost' AND value OPERATOR(pg_catalog.~) '^([4-9]|1[0-5])$')
)$statement$,
$statement$CREATE VIEW todo_internal.extension AS
    SELECT n.oid, i.name AS extname, i.version AS extversion, n.nspowner AS extowner,
        CASE i.name WHEN 'todo' THEN '@extschema@'::regnamespace::oid ELSE n.oid END AS extnamespace,
        ARRAY(
            SELECT c.oid
            FROM pg_class AS c
            WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relname IN ('users', 'tasks', 'tasks_id_seq')
               OR c.relnamespace = n.oid AND c.relname = 'isolated_roles'
        ) AS extconfig
    FROM todo_internal.installed AS i
    JOIN pg_namespace AS n ON n.nspname = CASE i.name WHEN 'todo' THEN 'todo_internal' ELSE i.name END
    -- A part may have been dropped, and another role may have a schema of its name.
    JOIN pg_namespace AS h ON h.nspname = 'todo_internal' AND h.nspowner = n.nspowner$statement$,
$statement$CREATE VIEW todo_internal.depend AS
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype
    FROM pg_depend d
    UNION ALL
    SELECT m.classid, m.objid, 0, 'pg_extension'::regclass, e.oid, 0, 'e'
    FROM todo_internal.extension AS e
    CROSS JOIN LATERAL (
        SELECT 'pg_namespace'::regclass::oid AS classid, e.oid AS objid
        UNION ALL
        SELECT 'pg_proc'::regclass, p.oid
        FROM pg_proc AS p
        JOIN todo_internal.installed AS i ON i.name = e.extname
        WHERE p.pronamespace = e.oid AND (e.extname <> 'todo' OR p.proname !~ '^expected_todo_')
           OR p.pronamespace = 'todo_internal'::regnamespace AND p.proname = 'expected_' || e.extname
           -- Only those that may be among them are looked at closely.
           OR p.pronamespace = e.extnamespace AND p.proname ~ '^todo_' AND todo_internal.signature(p.oid) = ANY (i.functions)
        UNION ALL
        SELECT 'pg_class'::regclass, c.oid
        FROM pg_class AS c
        WHERE c.relnamespace = e.extnamespace
          AND (e.extname <> 'todo' OR c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users'))
        UNION ALL
        -- Patterns of the tables, while a script runs.
        SELECT 'pg_class'::regclass, c.oid
        FROM pg_class AS c
        WHERE c.relnamespace = e.oid AND e.extname = 'todo' AND c.relname IN ('users', 'tasks', 'tasks_id_seq')
    ) AS m
    UNION ALL
    SELECT 'pg_extension'::regclass, e.oid, 0, 'pg_extension'::regclass, t.oid, 0, 'n'
    FROM todo_internal.extension AS e
    JOIN todo_internal.extension AS t ON t.extname = 'todo'
    WHERE e.extname <> 'todo'$statement$,
$statement$REVOKE ALL ON ALL TABLES IN SCHEMA todo_internal FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.reserve(
    schema regnamespace
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_own CONSTANT boolean := NOT EXISTS (
        SELECT FROM todo_internal.depend AS d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = schema AND d.deptype = 'e'
    ) AND NOT EXISTS (
        SELECT FROM pg_init_privs AS p WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = schema
    );
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_namespace AS n
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
        WHERE n.oid = schema AND a.grantee <> n.nspowner
    LOOP
        -- Others may have got theirs from these.
        EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %s CASCADE', schema, grantee);
    END LOOP;
    IF is_own THEN
        DELETE FROM pg_init_privs AS p WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = schema;
        -- From 17 on, PostgreSQL also notes the roles.
        DELETE FROM pg_shdepend AS d
        WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
          AND d.deptype = 'i' AND d.classid = 'pg_namespace'::regclass AND d.objid = schema;
    END IF;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.reserve(regnamespace) IS
    'Takes all rights on a schema from everyone but its owner'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.reserve(regnamespace) FROM PUBLIC$statement$,
$statement$SELECT todo_internal.reserve('todo_internal')$statement$,
$statement$CREATE TABLE todo_internal.isolated_roles (
    role name NOT NULL
)$statement$,
$statement$ALTER TABLE todo_internal.isolated_roles REPLICA IDENTITY FULL$statement$,
$statement$REVOKE ALL ON TABLE todo_internal.isolated_roles FROM PUBLIC$statement$,
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
                                FROM todo_internal.depend AS d
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
        JOIN todo_internal.depend AS d ON d.classid = p.classid AND d.objid = p.objid AND d.deptype = 'x'
        JOIN todo_internal.extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid;
    END LOOP;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.described(regnamespace, oid[]) IS
    'Returns what relations are like: a row for each column, default, constraint, index, trigger and other fact'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.described(regnamespace, oid[]) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.located(
    definition text,
    home regnamespace
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE
        WHEN definition LIKE 'CHECK %' THEN definition
        ELSE replace(replace(definition, ' @.', ' ' || home::text || '.'), '(''@.', '(''' || home::text || '.')
    END;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.located(text, regnamespace) IS
    'Returns a definition of described(), with the name of the schema in place of @'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.located(text, regnamespace) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.expect(
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
        ELSE (SELECT e.extnamespace FROM todo_internal.extension AS e WHERE e.extname = 'todo')
    END;
    members CONSTANT oid[] := ARRAY(
        SELECT c.oid
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE e.extname = extension AND c.relnamespace = tables AND c.relname <> 'isolated_roles'
    );
    triggers CONSTANT text[] := ARRAY(
        SELECT t.tgrelid || ' ' || t.tgname
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.expect(text, text, regnamespace) IS
    'Creates a function that returns what tables of an extension are like now'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.expect(text, text, regnamespace) FROM PUBLIC$statement$,
$statement$CREATE TABLE @extschema@.users (
    id              varchar(36)  NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    email           varchar(255) NOT NULL,
    name            varchar(100) NOT NULL,
    hashed_password varchar(255) NOT NULL DEFAULT '!',
    created_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    is_active       boolean      NOT NULL DEFAULT true,
    email_verified  boolean      NOT NULL DEFAULT false,
    CONSTRAINT users_pkey PRIMARY KEY (id)
)$statement$,
$statement$CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email)$statement$,
$statement$REVOKE ALL ON TABLE @extschema@.users FROM PUBLIC$statement$,
$statement$ALTER TABLE @extschema@.users
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
    )$statement$,
$statement$CREATE UNIQUE INDEX ix_users_email_folded ON @extschema@.users (pg_catalog.lower(email COLLATE pg_catalog."C"))$statement$,
$statement$CREATE TABLE @extschema@.tasks (
    id           serial       NOT NULL,
    user_id      varchar(36)  NOT NULL,
    title        varchar(200) NOT NULL,
    description  text,
    completed    boolean      NOT NULL DEFAULT false,
    created_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    completed_at timestamp,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema@.users (id) ON DELETE CASCADE
)$statement$,
$statement$CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id)$statement$,
$statement$CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed)$statement$,
$statement$CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at)$statement$,
$statement$CREATE INDEX ix_tasks_user_created_at ON @extschema@.tasks (user_id, created_at, id)$statement$,
$statement$CREATE INDEX ix_tasks_user_completed_at ON @extschema@.tasks (user_id, completed_at, created_at, id)$statement$,
$statement$REVOKE ALL ON TABLE @extschema@.tasks FROM PUBLIC$statement$,
$statement$REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.users_before_row()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    utc_now CONSTANT pg_catalog.timestamp := pg_catalog.timezone('UTC', pg_catalog.now());
    email CONSTANT pg_catalog.text := NEW.email;
    hashed_password CONSTANT pg_catalog.text := NEW.hashed_password;
    name pg_catalog.text := NEW.name;
BEGIN
IF NEW.id IS NULL THEN
    RAISE EXCEPTION 'id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'id';
END IF;
IF NEW.email IS NULL THEN
    RAISE EXCEPTION 'email must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'email';
END IF;
IF NEW.name IS NULL THEN
    RAISE EXCEPTION 'name must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'name';
END IF;
IF NEW.hashed_password IS NULL THEN
    RAISE EXCEPTION 'hashed_password must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'hashed_password';
END IF;
IF NEW.created_at IS NULL THEN
    RAISE EXCEPTION 'created_at must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'created_at';
END IF;
IF NEW.updated_at IS NULL THEN
    RAISE EXCEPTION 'updated_at must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'updated_at';
END IF;
IF NEW.is_active IS NULL THEN
    RAISE EXCEPTION 'is_active must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'is_active';
END IF;
IF NEW.email_verified IS NULL THEN
    RAISE EXCEPTION 'email_verified must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'email_verified';
END IF;

    IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.id OPERATOR(pg_catalog.<>) OLD.id, (NEW.id IS NULL) OPERATOR(pg_catalog.<>) (OLD.id IS NULL))
    THEN
IF NEW.id OPERATOR(pg_catalog.=) '' THEN
    RAISE EXCEPTION 'id is empty'
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'id', CONSTRAINT = 'users_id_check';
END IF;
IF pg_catalog.char_length(NEW.id) OPERATOR(pg_catalog.>) 36 THEN
    RAISE EXCEPTION 'id is longer than 36 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'id';
END IF;
    END IF;
    IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.email OPERATOR(pg_catalog.<>) OLD.email, (NEW.email IS NULL) OPERATOR(pg_catalog.<>) (OLD.email IS NULL))
    THEN
IF pg_catalog.char_length(email) OPERATOR(pg_catalog.>) 255 THEN
    RAISE EXCEPTION 'email is longer than 255 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'email';
END IF;
IF NOT (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
) THEN
    RAISE EXCEPTION 'email is not a valid e-mail address'
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_check';
END IF;
    END IF;
    IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.name OPERATOR(pg_catalog.<>) OLD.name, (NEW.name IS NULL) OPERATOR(pg_catalog.<>) (OLD.name IS NULL))
    THEN
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100
    OR name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR name OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100 THEN
    RAISE EXCEPTION 'name is longer than 100 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'name';
END IF;
    IF name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'name contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
    END IF;
    RAISE EXCEPTION 'name is empty'
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
END IF;
        NEW.name := name;
    END IF;
    IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.hashed_password OPERATOR(pg_catalog.<>) OLD.hashed_password, (NEW.hashed_password IS NULL) OPERATOR(pg_catalog.<>) (OLD.hashed_password IS NULL))
    THEN
IF NOT (
        hashed_password OPERATOR(pg_catalog.=) '!'
        OR hashed_password OPERATOR(pg_catalog.~) '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{53}$'
) THEN
    RAISE EXCEPTION 'hashed_password is neither a bcrypt hash of cost 4-15 nor ''!'''
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'hashed_password',
            CONSTRAINT = 'users_hashed_password_check';
END IF;
    END IF;
-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.created_at OPERATOR(pg_catalog.<>) OLD.created_at, (NEW.created_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.created_at IS NULL))
THEN
    IF NEW.created_at OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.created_at OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION 'created_at is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'created_at';
    END IF;
    IF NEW.created_at OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.created_at := utc_now;
    END IF;
END IF;
-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at, (NEW.updated_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.updated_at IS NULL))
THEN
    IF NEW.updated_at OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.updated_at OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION 'updated_at is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'users', COLUMN = 'updated_at';
    END IF;
    IF NEW.updated_at OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.updated_at := utc_now;
    END IF;
END IF;

    -- The new address has not been verified, whatever the statement says.
    IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE'
        AND pg_catalog.lower(NEW.email COLLATE pg_catalog."C") OPERATOR(pg_catalog.<>) pg_catalog.lower(OLD.email COLLATE pg_catalog."C")
    THEN
        NEW.email_verified := false;
    END IF;
-- updated_at moves when an UPDATE changes something: to now, or to what the statement sets. It always moves forward. The last time of all
-- has no successor, and a time that breaks the rule does not count.
IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND NEW OPERATOR(pg_catalog.*<>) OLD THEN
    NEW.updated_at := GREATEST(
        CASE WHEN NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at THEN NEW.updated_at ELSE utc_now END,
        CASE
            WHEN OLD.updated_at OPERATOR(pg_catalog.>=) '0001-01-01 00:00:00'::pg_catalog.timestamp
                AND OLD.updated_at OPERATOR(pg_catalog.<=) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            THEN LEAST(
                OLD.updated_at OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval,
                '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            )
        END
    );
END IF;
    RETURN NEW;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.users_before_row() IS
    'Normalizes a new row of users and refuses one that breaks a rule'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.users_before_row() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.tasks_before_row()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    utc_now CONSTANT pg_catalog.timestamp := pg_catalog.timezone('UTC', pg_catalog.now());
    title pg_catalog.text;
    description pg_catalog.text;
BEGIN
    IF NEW.id IS NULL OR NEW.user_id IS NULL OR NEW.title IS NULL OR NEW.completed IS NULL OR NEW.created_at IS NULL OR NEW.updated_at IS NULL
    THEN
IF NEW.id IS NULL THEN
    RAISE EXCEPTION 'id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'id';
END IF;
IF NEW.user_id IS NULL THEN
    RAISE EXCEPTION 'user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'user_id';
END IF;
IF NEW.title IS NULL THEN
    RAISE EXCEPTION 'title must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'title';
END IF;
IF NEW.completed IS NULL THEN
    RAISE EXCEPTION 'completed must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'completed';
END IF;
IF NEW.created_at IS NULL THEN
    RAISE EXCEPTION 'created_at must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'created_at';
END IF;
IF NEW.updated_at IS NULL THEN
    RAISE EXCEPTION 'updated_at must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'updated_at';
END IF;
    END IF;

    IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.title OPERATOR(pg_catalog.<>) OLD.title, (NEW.title IS NULL) OPERATOR(pg_catalog.<>) (OLD.title IS NULL))
    THEN
        title := NEW.title;
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200
    OR title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR title OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200 THEN
    RAISE EXCEPTION 'title is longer than 200 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'title';
END IF;
    IF title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'title contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
    END IF;
    RAISE EXCEPTION 'title is empty'
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
END IF;
        NEW.title := title;
    END IF;
    IF NEW.description IS NOT NULL AND (
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.description OPERATOR(pg_catalog.<>) OLD.description, (NEW.description IS NULL) OPERATOR(pg_catalog.<>) (OLD.description IS NULL))
    ) THEN
        description := NEW.description;
IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 OR description OPERATOR(pg_catalog.~) E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]' THEN
    IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 THEN
        RAISE EXCEPTION 'description is longer than 1000 characters'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
    END IF;
    RAISE EXCEPTION 'description contains a control character'
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
END IF;
    END IF;
    -- All at once first, because most statements set none: an INSERT then has the defaults.
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' AND (
        NEW.created_at OPERATOR(pg_catalog.<>) utc_now OR NEW.updated_at OPERATOR(pg_catalog.<>) utc_now OR NEW.completed_at IS NOT NULL
    ) OR TG_OP OPERATOR(pg_catalog.<>) 'INSERT' AND (
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.created_at OPERATOR(pg_catalog.<>) OLD.created_at, (NEW.created_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.created_at IS NULL))
        OR NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at OR NEW.completed_at OPERATOR(pg_catalog.<>) OLD.completed_at
        OR NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL
    ) THEN
-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.created_at OPERATOR(pg_catalog.<>) OLD.created_at, (NEW.created_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.created_at IS NULL))
THEN
    IF NEW.created_at OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.created_at OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION 'created_at is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'created_at';
    END IF;
    IF NEW.created_at OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.created_at := utc_now;
    END IF;
END IF;
-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at, (NEW.updated_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.updated_at IS NULL))
THEN
    IF NEW.updated_at OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.updated_at OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION 'updated_at is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'updated_at';
    END IF;
    IF NEW.updated_at OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.updated_at := utc_now;
    END IF;
END IF;
-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.completed_at OPERATOR(pg_catalog.<>) OLD.completed_at, (NEW.completed_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.completed_at IS NULL))
THEN
    IF NEW.completed_at OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.completed_at OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION 'completed_at is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = 'tasks', COLUMN = 'completed_at';
    END IF;
    IF NEW.completed_at OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.completed_at := utc_now;
    END IF;
END IF;
    END IF;

    -- completed and completed_at are consistent. The time stays while the task is completed. It is not before created_at, unless the
    -- statement says so.
    IF NOT NEW.completed THEN
        NEW.completed_at := NULL;
    ELSIF NEW.completed_at IS NULL THEN
        NEW.completed_at := COALESCE(OLD.completed_at, GREATEST(utc_now, NEW.created_at));
    ELSIF NEW.completed_at OPERATOR(pg_catalog.=) utc_now
        AND (
TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.completed_at OPERATOR(pg_catalog.<>) OLD.completed_at, (NEW.completed_at IS NULL) OPERATOR(pg_catalog.<>) (OLD.completed_at IS NULL))
        )
    THEN
        NEW.completed_at := GREATEST(utc_now, NEW.created_at);
    END IF;
-- updated_at moves when an UPDATE changes something: to now, or to what the statement sets. It always moves forward. The last time of all
-- has no successor, and a time that breaks the rule does not count.
IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND NEW OPERATOR(pg_catalog.*<>) OLD THEN
    NEW.updated_at := GREATEST(
        CASE WHEN NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at THEN NEW.updated_at ELSE utc_now END,
        CASE
            WHEN OLD.updated_at OPERATOR(pg_catalog.>=) '0001-01-01 00:00:00'::pg_catalog.timestamp
                AND OLD.updated_at OPERATOR(pg_catalog.<=) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            THEN LEAST(
                OLD.updated_at OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval,
                '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            )
        END
    );
END IF;
    RETURN NEW;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.tasks_before_row() IS
    'Normalizes a new row of tasks and refuses one that breaks a rule'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.tasks_before_row() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.users
    FOR EACH ROW EXECUTE FUNCTION todo_internal.users_before_row()$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row()$statement$,
$statement$ALTER TABLE @extschema@.tasks ENABLE ALWAYS TRIGGER zz_todo_before_row$statement$,
$statement$SELECT todo_internal.expect('expected_todo', 'todo', '@extschema@')$statement$,
$statement$DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT
            c.oid::pg_catalog.regclass AS relation,
            CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
            CASE
                WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee))
            END AS grantee
        FROM pg_catalog.pg_class AS c
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
        WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[
                '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
                '@extschema@.tasks_id_seq'::pg_catalog.regclass
            ])
          AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.relation, granted.grantee);
    END LOOP;
END
$$$statement$,
$statement$CREATE FUNCTION todo_internal.trimmed(
    value text
)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    trimmed text := value;
BEGIN
trimmed := pg_catalog.btrim(trimmed, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
    RETURN trimmed;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.trimmed(text) IS
    'Returns a text without white space at both ends'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.trimmed(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.broken_rule(
    column_name text,
    value text
)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    email CONSTANT text := value;
    hashed_password CONSTANT text := value;
    description CONSTANT text := value;
    name text := value;
    title text := value;
BEGIN
    CASE column_name
        WHEN 'users.id' THEN
IF value OPERATOR(pg_catalog.=) '' THEN
    RAISE EXCEPTION 'id is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id', CONSTRAINT = 'users_id_check';
END IF;
IF pg_catalog.char_length(value) OPERATOR(pg_catalog.>) 36 THEN
    RAISE EXCEPTION 'id is longer than 36 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
        WHEN 'users.email' THEN
IF pg_catalog.char_length(email) OPERATOR(pg_catalog.>) 255 THEN
    RAISE EXCEPTION 'email is longer than 255 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email';
END IF;
IF NOT (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
) THEN
    RAISE EXCEPTION 'email is not a valid e-mail address'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_check';
END IF;
        WHEN 'users.name' THEN
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100
    OR name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR name OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100 THEN
    RAISE EXCEPTION 'name is longer than 100 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name';
END IF;
    IF name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'name contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
    END IF;
    RAISE EXCEPTION 'name is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
END IF;
        WHEN 'users.hashed_password' THEN
IF NOT (
        hashed_password OPERATOR(pg_catalog.=) '!'
        OR hashed_password OPERATOR(pg_catalog.~) '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{53}$'
) THEN
    RAISE EXCEPTION 'hashed_password is neither a bcrypt hash of cost 4-15 nor ''!'''
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password',
            CONSTRAINT = 'users_hashed_password_check';
END IF;
        WHEN 'tasks.title' THEN
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200
    OR title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR title OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200 THEN
    RAISE EXCEPTION 'title is longer than 200 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title';
END IF;
    IF title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'title contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
    END IF;
    RAISE EXCEPTION 'title is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
END IF;
        WHEN 'tasks.description' THEN
IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 OR description OPERATOR(pg_catalog.~) E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]' THEN
    IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 THEN
        RAISE EXCEPTION 'description is longer than 1000 characters'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
    END IF;
    RAISE EXCEPTION 'description contains a control character'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
END IF;
        ELSE
            RAISE EXCEPTION 'no rule for this column' USING ERRCODE = 'undefined_column';
    END CASE;
    RETURN NULL;
EXCEPTION
    WHEN check_violation OR string_data_right_truncation THEN RETURN SQLERRM;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.broken_rule(text, text) IS
    'Says which rule of its column a value breaks'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.broken_rule(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.broken_time(
    column_name text,
    value timestamp
)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF column_name <> ALL (ARRAY['users.created_at', 'users.updated_at', 'tasks.created_at', 'tasks.updated_at', 'tasks.completed_at']) THEN
        RAISE EXCEPTION 'no rule for this column' USING ERRCODE = 'undefined_column';
    END IF;
    RETURN CASE
        WHEN value < '0001-01-01 00:00:00' OR value > '9999-12-31 23:59:59.999999'
            THEN split_part(column_name, '.', 2) || ' is not in the years 1 to 9999'
    END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.broken_time(text, timestamp) IS
    'Says which rule of its column a time breaks'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.broken_time(text, timestamp) FROM PUBLIC$statement$,
$statement$ADOPT$statement$,
$statement$CREATE FUNCTION todo_internal.bcrypt(
    password text,
    setting text
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT @pgcrypto@.crypt(password, setting);
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.bcrypt(text, text) IS
    'Returns the bcrypt hash of a password'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.bcrypt(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.bcrypt_setting(
    cost integer
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT @pgcrypto@.gen_salt('bf', cost);
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.bcrypt_setting(integer) IS
    'Returns a random salt for bcrypt, with the cost'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.bcrypt_setting(integer) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.not_of_pgcrypto()
RETURNS SETOF regprocedure
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.oid::regprocedure
    FROM pg_depend d
    JOIN pg_proc AS f ON f.oid = d.refobjid AND f.pronamespace NOT IN ('pg_catalog'::regnamespace, 'todo_internal'::regnamespace)
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass
      AND d.objid IN (to_regprocedure('todo_internal.bcrypt(text, text)'), to_regprocedure('todo_internal.bcrypt_setting(integer)'))
      AND NOT (
          -- The owner of the extension can add functions to it, but those of PostgreSQL's script belong to a superuser.
          EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = f.proowner AND r.rolsuper)
          AND EXISTS (
              SELECT
              FROM pg_depend m
              JOIN pg_catalog.pg_extension x ON x.oid = m.refobjid AND x.extname = 'pgcrypto'
              WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
          )
      )
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.not_of_pgcrypto() IS
    'Returns the functions that hash passwords, if they are not pgcrypto''s own'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.not_of_pgcrypto() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.expected_of_others()
RETURNS TABLE (extension text, schema text, relation text, kind text, name text, definition text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    other record;
BEGIN
    -- Only a superuser can put a function into a schema that belongs to the extension.
    FOR other IN
        SELECT e.extname, f.oid::regprocedure AS made
        FROM todo_internal.extension AS t
        JOIN todo_internal.depend AS r ON r.refclassid = 'pg_extension'::regclass AND r.refobjid = t.oid
        JOIN todo_internal.extension AS e ON r.classid = 'pg_extension'::regclass AND e.oid = r.objid
        JOIN todo_internal.depend AS m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid AND m.deptype = 'e'
        JOIN pg_proc AS f ON m.classid = 'pg_proc'::regclass AND f.oid = m.objid
        JOIN todo_internal.depend AS s ON s.classid = 'pg_namespace'::regclass AND s.objid = f.pronamespace AND s.deptype = 'e'
        WHERE t.extname = 'todo' AND s.refclassid = 'pg_extension'::regclass AND s.refobjid = t.oid
          AND f.proname = 'expected_' || e.extname
        ORDER BY e.extname
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, f.* FROM %s AS f', other.extname, other.made);
    END LOOP;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.expected_of_others() IS
    'Returns what the tables of extensions that build on this one must be like'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.expected_of_others() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.expected()
RETURNS TABLE (extension text, schema text, relation text, kind text, name text, definition text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'todo', e.* FROM todo_internal.expected_todo() AS e
    UNION ALL
    SELECT o.* FROM todo_internal.expected_of_others() AS o;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.expected() IS
    'Returns what the tables of this extension and of those that build on it must be like'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.expected() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.extensions()
RETURNS SETOF name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT e.extension::name FROM todo_internal.expected() AS e;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.extensions() IS
    'Returns the names of this extension and of those that build on it'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.extensions() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.compared()
RETURNS TABLE (
    extension text, relid oid, relation text, kind text, name text, expected text, found text, weakness text, place bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH home AS (
        SELECT e.extnamespace AS oid FROM todo_internal.extension AS e WHERE e.extname = 'todo'
    ), wanted AS MATERIALIZED (
        SELECT e.* FROM todo_internal.expected() AS e
    ), present AS MATERIALIZED (
        SELECT c.oid, r.schema, r.relation
        FROM (SELECT DISTINCT w.schema, w.relation FROM wanted AS w) AS r
        JOIN pg_namespace AS n ON CASE r.schema WHEN '@' THEN n.oid = (SELECT h.oid FROM home AS h) ELSE n.nspname = r.schema END
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = r.relation
    ), actual AS (
        SELECT d.*
        FROM home AS h
        CROSS JOIN LATERAL todo_internal.described(h.oid, ARRAY(SELECT p.oid FROM present AS p)) AS d
    )
    SELECT w.extension, coalesce(a.relid, p.oid), coalesce(w.relation, a.relation), coalesce(w.kind, a.kind), coalesce(w.name, a.name),
        todo_internal.located(w.definition, h.oid), todo_internal.located(a.definition, h.oid), a.weakness, a.place
    FROM wanted AS w
    LEFT JOIN present AS p ON p.schema = w.schema AND p.relation = w.relation
    FULL JOIN actual AS a ON a.schema = w.schema AND a.relation = w.relation AND a.kind = w.kind AND a.name = w.name
    CROSS JOIN home AS h;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.compared() IS
    'Compares what the tables must be like with what they are like: one row for each fact'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.compared() FROM PUBLIC$statement$,
$statement$CREATE VIEW @extschema@.todo_users AS
    SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    FROM @extschema@.users AS u$statement$,
$statement$REVOKE ALL ON TABLE @extschema@.todo_users FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_current_user_id()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN pg_catalog.current_setting('todo.user_id', true) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.current_setting('todo.user_id', true)
        WHEN pg_catalog.current_setting('request.jwt.claims', true) OPERATOR(pg_catalog.<>) ''
            THEN pg_catalog.current_setting('request.jwt.claims', true)::pg_catalog.jsonb OPERATOR(pg_catalog.->>) 'sub'
    END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_current_user_id() IS
    'Returns the id of the current user: todo.user_id, or else sub of request.jwt.claims'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_current_user_id() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.dangling_grants()
RETURNS TABLE (classoid oid, objoid oid, objsubid integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT p.classoid, p.objoid, p.objsubid
    FROM pg_init_privs AS p
    JOIN todo_internal.depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
    JOIN todo_internal.extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
    WHERE e.extname IN (SELECT x FROM todo_internal.extensions() AS x)
      AND EXISTS (
          SELECT
          FROM aclexplode(p.initprivs) AS a
          WHERE (a.grantee <> 0 AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee))
             OR NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantor)
      );
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.dangling_grants() IS
    'Returns objects whose initial privileges name roles that have been dropped'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.dangling_grants() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.end_isolation(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.end_isolation(text) IS
    'No longer binds a role to the rows of the current user'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.end_isolation(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.forget_isolation(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.forget_isolation(text) IS
    'Ends the isolation of a role that no longer exists'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.forget_isolation(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.forget_roles(
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
        JOIN todo_internal.depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
        JOIN todo_internal.extension AS x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.forget_roles(name) IS
    'Removes roles that have been dropped from the initial privileges of the extensions'' objects'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.forget_roles(name) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.grant_columns()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.grant_columns() IS
    'Gives readers of todo_users the right to read its columns in users, where a role is isolated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.grant_columns() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.isolate(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.isolate(text) IS
    'Binds a role to the rows of the current user'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.isolate(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.isolation()
RETURNS TABLE (relid oid, relation text, is_view boolean, rows text, bound oid[], is_sound boolean, is_on boolean, is_ours boolean)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
-- The condition is compared as PostgreSQL prints it by default.
SET quote_all_identifiers = off
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, c.oid, c.relname, c.relkind, c.relrowsecurity, c.reloptions, h.extnamespace AS home
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        JOIN todo_internal.extension AS h ON h.extname = 'todo'
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.isolation() IS
    'Returns the tables and views of the extensions, and what isolates them'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.isolation() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.keep_isolation(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.keep_isolation(name[]) IS
    'Makes the policies of the roles that are to be isolated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.keep_isolation(name[]) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.member_functions()
RETURNS SETOF oid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.objid
    FROM todo_internal.depend AS d
    JOIN todo_internal.extension AS e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_proc'::regclass
      AND d.refclassid = 'pg_extension'::regclass
      AND d.deptype = 'e'
      AND e.extname = 'todo'
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.member_functions() IS
    'Returns the functions that belong to the extension'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.member_functions() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.own(
    extension text,
    present text[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT m.kind, m.identity, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        CROSS JOIN LATERAL (
            SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS identity, p.proowner AS owner,
                coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, format('%s %s', d.classid, d.objid) AS key
            FROM pg_proc AS p
            WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            UNION ALL
            SELECT 'SCHEMA', n.oid::regnamespace::text, n.nspowner, n.nspacl, format('%s %s', d.classid, d.objid)
            FROM pg_namespace AS n
            WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, format('%s %s', 'pg_class'::regclass::oid, c.oid)
            FROM pg_class AS c
            WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
              AND (e.extname <> 'todo' OR c.relkind = 'v')
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, format('%s %s', 'pg_class'::regclass::oid, c.oid)
            FROM pg_class AS c
            WHERE d.classid = 'pg_namespace'::regclass AND c.relnamespace = d.objid AND c.relkind IN ('r', 'v')
        ) AS m
        CROSS JOIN LATERAL aclexplode(m.acl) AS a
        WHERE e.extname = own.extension AND a.grantee <> m.owner AND m.key <> ALL (present)
          -- An index for the search calls these with the rights of the role that writes a task.
          AND NOT (a.grantee = 0 AND m.identity ~ '(^|[.])todo_search_(text|words)[(]')
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.identity, granted.grantee);
    END LOOP;
    FOR granted IN
        SELECT p.oid::regprocedure AS identity
        FROM pg_proc AS p
        WHERE extension = 'todo' AND p.oid IN (SELECT todo_internal.member_functions()) AND p.proname IN ('todo_search_text', 'todo_search_words')
          AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', granted.identity);
    END LOOP;
    -- For new tables, and for views that have been replaced.
    PERFORM todo_internal.keep_isolation();
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.own(text, text[]) IS
    'Takes all rights on a part''s objects from everyone but their owner'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.own(text, text[]) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.read_task_ids(
    schema regnamespace,
    OUT next bigint,
    OUT taken integer,
    OUT largest integer
)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM todo_internal.must_own('@extschema@.tasks'), todo_internal.must_own('@extschema@.tasks_id_seq');
    RETURN QUERY
-- The id that the sequence gives next, the nearest one from there on that is already taken, and the largest one, of those that the sequence
-- gives: where it gives each tenth, the others are of other databases.
SELECT
    n.next,
    (
        SELECT pg_catalog.min(t.id)
        FROM ONLY @extschema@.tasks AS t
        WHERE t.id OPERATOR(pg_catalog.>=) n.next
          AND t.id OPERATOR(pg_catalog.<) (n.next OPERATOR(pg_catalog.+) 1000000)
          AND (t.id OPERATOR(pg_catalog.-) n.next) OPERATOR(pg_catalog.%) n.step OPERATOR(pg_catalog.=) 0
    ) AS taken,
    (
        SELECT pg_catalog.max(t.id)
        FROM ONLY @extschema@.tasks AS t
        WHERE t.id OPERATOR(pg_catalog.<=) n.last AND (t.id OPERATOR(pg_catalog.-) n.next) OPERATOR(pg_catalog.%) n.step OPERATOR(pg_catalog.=) 0
    ) AS largest
FROM (
    SELECT s.last_value OPERATOR(pg_catalog.+) CASE WHEN s.is_called THEN q.increment ELSE 0 END AS next, q.increment AS step, q.maximum_value AS last
    FROM @extschema@.tasks_id_seq AS s
    CROSS JOIN pg_catalog.pg_sequence_parameters('@extschema@.tasks_id_seq'::pg_catalog.regclass) AS q
) AS n
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.read_task_ids(regnamespace) IS
    'Returns the next task id, the nearest one after it that is taken, and the largest one'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.read_task_ids(regnamespace) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.refuse_foreign_code(
    written regclass
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM todo_internal.refuse_foreign_code_at(written, NULL, NULL);
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.refuse_foreign_code(regclass) IS
    'Fails if a trigger of someone else could run with the rights of a table''s owner'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code(regclass) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.refuse_isolation()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.refuse_isolation() IS
    'Fails where a role is isolated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.refuse_isolation() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.schema_for_grants(
    role text
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app oid := (SELECT e.extnamespace FROM todo_internal.extension AS e WHERE e.extname = 'todo');
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    IF role = (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN
        RAISE EXCEPTION 'role % owns todo, and has all rights that it needs', role USING ERRCODE = 'invalid_grant_operation';
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.schema_for_grants(text) IS
    'Returns the schema of the extension to a caller who may grant to the role'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.schema_for_grants(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.stray_rights()
RETURNS TABLE (role text, what text, fix text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, e.extnamespace, d.classid, d.objid
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
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
              WHEN g.privileges && ARRAY['TRIGGER', 'TRUNCATE', 'REFERENCES'] THEN true
              WHEN g.extname <> 'todo' THEN NOT EXISTS (SELECT FROM trusted AS t WHERE t.extname = g.extname AND t.grantee = g.grantee)
              WHEN g.relname = 'users' THEN NOT (
                  g.privileges @> ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
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
              t.attname = 'hashed_password' OR a.privilege_type = 'REFERENCES'
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.stray_rights() IS
    'Returns rights on hashes and passwords that no function of the extensions has given'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.stray_rights() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.task_ids(
    schema regnamespace,
    OUT next bigint,
    OUT taken integer,
    OUT largest integer,
    OUT problem text
)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT i.next, i.taken, i.largest INTO STRICT next, taken, largest FROM todo_internal.read_task_ids(schema) AS i;
EXCEPTION
    WHEN OTHERS THEN problem := SQLERRM;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.task_ids(regnamespace) IS
    'Returns what read_task_ids() finds, or why it fails'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.task_ids(regnamespace) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.unbound(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.unbound(oid) IS
    'Says why row-level security does not bind a role'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.unbound(oid) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.visible(
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.visible(text) IS
    'Returns the id of a user if the session''s role may see that user'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.visible(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.isolated_roles_written()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM todo_internal.keep_isolation();
    RETURN NULL;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.isolated_roles_written() IS
    'Makes the policies of roles that are to be isolated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.isolated_roles_written() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER todo_isolation
    AFTER INSERT OR UPDATE ON todo_internal.isolated_roles
    FOR EACH ROW EXECUTE FUNCTION todo_internal.isolated_roles_written()$statement$,
$statement$ALTER TABLE todo_internal.isolated_roles ENABLE ALWAYS TRIGGER todo_isolation$statement$,
$statement$CREATE FUNCTION @extschema@.todo_not_in_dumps()
RETURNS TABLE (object text, severity text, ddl text)
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT NULL::text, NULL::text, NULL::text WHERE false;
END$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_not_in_dumps() IS
    'Returns additions to the extension''s tables that dumps leave out, with the statements that make them again'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_not_in_dumps() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_columns()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH fact AS (
        SELECT c.* FROM todo_internal.compared() AS c WHERE c.relid IS NOT NULL AND c.kind IN ('column', 'default')
    )
    SELECT format('column %s.%s', f.relation, f.name), (f.found = f.expected) IS TRUE, coalesce(f.found, 'missing'), 'expected ' || f.expected
    FROM fact AS f
    WHERE f.kind = 'column' AND f.extension IS NOT NULL
    UNION ALL
    SELECT format('default of %s.%s', f.relation, f.name), (f.found = f.expected) IS TRUE, coalesce(f.found, 'none'),
        format(
            'SET todo.guard = off; ALTER TABLE %s ALTER COLUMN %I %s', f.relid::regclass, f.name,
            CASE f.expected WHEN 'none' THEN 'DROP DEFAULT' ELSE 'SET DEFAULT ' || f.expected END
        )
    FROM fact AS f
    WHERE f.kind = 'default' AND f.extension IS NOT NULL;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_columns() IS
    'Checks the columns of the tables and their defaults'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_columns() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_dumps()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || d.object, d.severity <> 'error',
        CASE d.severity
            WHEN 'error' THEN 'left out: a restore without it shows someone more than before'
            ELSE 'left out: todo-admin backup keeps the statement that makes it again'
        END,
        'use todo-admin backup and restore --with-extras; after any other restore, run ' || d.ddl
    FROM @extschema@.todo_not_in_dumps() AS d;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_dumps() IS
    'Checks whether a restore would show someone more than before'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_dumps() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH guard AS (
        SELECT obj_description(n.oid, 'pg_namespace') AS version, count(t.oid) AS triggers,
            string_agg(format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t.evtname), '; ' ORDER BY t.evtname) FILTER (WHERE t.evtenabled <> 'A') AS enable
        FROM pg_namespace AS n
        LEFT JOIN pg_proc AS p ON p.pronamespace = n.oid
        LEFT JOIN pg_event_trigger AS t ON t.evtfoid = p.oid
        WHERE n.nspname = 'todo_guard'
        GROUP BY n.oid
    )
    SELECT 'guard', coalesce(g.triggers = 3 AND g.enable IS NULL AND g.version = 'todo_guard ' || i.version, g.triggers IS NULL),
        CASE
            WHEN g.triggers IS NULL THEN 'none'
            WHEN g.triggers < 3 THEN 'an event trigger is missing'
            WHEN g.enable IS NOT NULL THEN 'an event trigger is disabled, or not always enabled'
            ELSE coalesce(g.version, 'no version') || ', on'
        END,
        CASE WHEN g.triggers = 3 AND g.enable IS NOT NULL THEN g.enable ELSE 'run the script of todo_guard ' || i.version || CASE g.triggers WHEN 0 THEN ', or DROP SCHEMA todo_guard CASCADE' ELSE '' END END
    FROM todo_internal.installed AS i
    LEFT JOIN guard AS g ON true
    WHERE i.name = 'todo';
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Checks the guard, if there is one'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_isolation()
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_isolation() IS
    'Checks whether row-level security binds the roles that are to be isolated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_isolation() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_membership()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'relation ' || w.relation, c.oid IS NOT NULL, coalesce('in schema ' || n.oid::regnamespace, 'missing'),
        'rename it back, or restore it from a backup'
    FROM (
        -- Of a view, triggers are expected.
        SELECT x.schema, x.relation FROM todo_internal.expected() AS x WHERE x.kind IN ('storage', 'trigger')
        UNION
        SELECT '@', 'todo_users'
    ) AS w
    JOIN todo_internal.extension AS t ON t.extname = 'todo'
    JOIN pg_namespace AS n ON CASE w.schema WHEN '@' THEN n.oid = t.extnamespace ELSE n.nspname = w.schema END
    LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.relation
    UNION ALL
    SELECT concat('functions', ' of ' || nullif(e.extname, 'todo')), m.missing IS NULL, coalesce('missing: ' || m.missing, 'in place'),
        format('rename them back, or run the script of %s again', e.extname)
    FROM todo_internal.extension AS e
    JOIN todo_internal.installed AS i ON i.name = e.extname
    CROSS JOIN LATERAL (
        SELECT string_agg(f.name, ', ' ORDER BY f.name) AS missing
        FROM (
            SELECT unnest(i.functions)
            EXCEPT
            SELECT CASE WHEN n.oid = e.oid THEN n.nspname || '.' ELSE '' END || todo_internal.signature(p.oid)
            FROM pg_namespace AS n
            JOIN pg_proc AS p ON p.pronamespace = n.oid
            -- Only those that may be among them are looked at closely.
            WHERE n.oid = e.oid OR n.oid = e.extnamespace AND p.proname ~ '^todo_'
        ) AS f (name)
    ) AS m;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_membership() IS
    'Checks whether all tables, views and functions, and the sequence, are there'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_membership() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_owners()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH owned AS (
        SELECT 'owner of ' || c.relname AS name, c.relowner AS owner,
            format('ALTER %s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass) AS change, e.extowner
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT 'owner of ' || p.proname, p.proowner, 'ALTER FUNCTION ' || p.oid::regprocedure, e.extowner
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.proowner <> e.extowner
    )
    SELECT o.name, o.owner = o.extowner, o.owner::regrole::text, format('%s OWNER TO %s', o.change, o.extowner::regrole)
    FROM owned AS o
    UNION ALL
    SELECT format('owner of schema %s', n.nspname), NOT r.rolsuper, r.rolname || CASE WHEN r.rolsuper THEN ', a superuser' ELSE '' END,
        format('REASSIGN OWNED BY %I TO a role that is not a superuser', r.rolname)
    FROM todo_internal.extension AS e
    JOIN pg_namespace AS n ON n.oid = e.oid
    JOIN pg_roles AS r ON r.oid = e.extowner
    UNION ALL
    SELECT format('owner of schema %s', n.nspname), pg_has_role(o.oid, e.extowner, 'MEMBER'), o.oid::regrole::text,
        format('ALTER SCHEMA %I OWNER TO %s', n.nspname, e.extowner::regrole)
    FROM todo_internal.extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    CROSS JOIN LATERAL (
        -- The member of pg_database_owner is the owner of the database.
        SELECT CASE n.nspowner WHEN to_regrole('pg_database_owner') THEN d.datdba ELSE n.nspowner END AS oid
        FROM pg_database AS d
        WHERE d.datname = current_database()
    ) AS o
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'pgcrypto', count(f.*) = 0,
        CASE WHEN count(f.*) = 0 THEN 'hashes passwords' ELSE 'passwords are passed to ' || string_agg(f::text, ', ') END,
        'run the script of todo again, and let users choose new passwords'
    FROM todo_internal.not_of_pgcrypto() AS f;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_owners() IS
    'Checks whether one role owns everything, and is not a superuser'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_owners() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_parts()
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
    JOIN todo_internal.extension AS e ON e.extname = p.extension
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_parts() IS
    'Checks the constraints, indexes and triggers of the tables'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_parts() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_registration()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || c.relname, (c.oid = ANY (e.extconfig)) IS TRUE,
        CASE WHEN c.oid = ANY (e.extconfig) THEN 'rows are in dumps' ELSE 'rows are not in dumps' END,
        'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
    FROM todo_internal.extension AS e
    JOIN pg_class AS c
        ON c.relnamespace = e.extnamespace
        AND c.relname IN (SELECT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'storage')
        OR c.oid = 'todo_internal.isolated_roles'::regclass
    WHERE e.extname = 'todo';
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_registration() IS
    'Checks whether the rows of the tables and the sequence are in dumps'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_registration() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_rights()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH granted AS (
        -- The owner runs what is in these schemas, and trusts what these tables say.
        SELECT a.grantee, a.privilege_type, 'SCHEMA' AS kind, n.oid::regnamespace::text AS identity
        FROM todo_internal.extension AS e
        JOIN pg_namespace AS n ON n.oid = e.oid
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
        WHERE a.grantee <> n.nspowner AND a.privilege_type = 'CREATE'
        UNION ALL
        SELECT a.grantee, a.privilege_type, 'TABLE', c.oid::regclass::text
        FROM todo_internal.extension AS e
        JOIN pg_class AS c ON e.extname = 'todo' AND c.relnamespace = e.oid AND c.relkind IN ('r', 'v')
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE a.grantee <> c.relowner
    ), stray AS (
        SELECT s.role, s.what, s.fix
        FROM todo_internal.stray_rights() AS s
        UNION ALL
        SELECT r.role, format('%s on %s', string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type), g.identity),
            format('REVOKE ALL ON %s %s FROM %s', g.kind, g.identity, r.role)
        FROM granted AS g
        CROSS JOIN LATERAL (SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS role) AS r
        GROUP BY r.role, g.kind, g.identity
    )
    SELECT 'rights of ' || s.role, false, s.what, s.fix
    FROM stray AS s
    UNION ALL
    SELECT 'rights', true, 'nobody has a right on passwords that todo_grant did not give', NULL
    WHERE NOT EXISTS (SELECT FROM stray)
    UNION ALL
    SELECT 'grants of dropped roles', count(d.objoid) = 0,
        format('%s objects with initial privileges of roles that have been dropped; dumps with them cannot be restored', count(d.objoid)),
        'SELECT todo_internal.forget_roles()'
    FROM todo_internal.dangling_grants() AS d;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_rights() IS
    'Checks whether someone has rights that no function of this edition gave'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_rights() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_storage()
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
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_storage() IS
    'Checks that the tables are ordinary ones, and that their sequence has the right options'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_storage() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_task_ids()
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
    FROM todo_internal.extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'sequence tasks_id_seq below 75 %', n.given < 0.75 * n.total,
        format('%s %% of %s ids given', trunc(100 * n.given / n.total, 1), n.total),
        'plan ahead: move old tasks elsewhere before the ids run out, and RESTART the sequence in a range that has become free'
    FROM todo_internal.extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = 'tasks_id_seq'
    JOIN pg_sequence AS s ON s.seqrelid = c.oid
    CROSS JOIN LATERAL (
        SELECT trunc((i.next - s.seqmin)::numeric / abs(s.seqincrement)) AS given, trunc((s.seqmax - s.seqmin)::numeric / abs(s.seqincrement)) + 1 AS total
    ) AS n
    WHERE e.extname = 'todo' AND i.next IS NOT NULL;
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_task_ids() IS
    'Checks whether new tasks get free ids, and whether ids are running out'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_task_ids() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.check_version()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'version', true, i.version || ', SQL edition', NULL
    FROM todo_internal.installed AS i
    WHERE i.name = 'todo'
    UNION ALL
    SELECT 'encoding', getdatabaseencoding() = 'UTF8', getdatabaseencoding()::text, 'restore a dump into a database with encoding UTF8';
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.check_version() IS
    'Checks version and encoding'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.check_version() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_authenticate(
    email text,
    password text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    user_id text;
    stored text;
    verified text;
    form text;
    may_renew boolean := true;
BEGIN
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
    -- Once it is locked, nobody puts another table in its place.
    LOCK TABLE @extschema@.users IN ACCESS SHARE MODE;
    PERFORM todo_internal.must_own('@extschema@.users');
    -- Nothing is locked while the password is hashed. So the stored hash is read again afterwards, and if it has changed, the new one
    -- counts. A hash is renewed once at most, because a trigger may keep the old one.
    LOOP
SELECT u.id, u.hashed_password
FROM ONLY @extschema@.users AS u
WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower($1 COLLATE pg_catalog."C")
  AND u.is_active
        INTO user_id, stored;
        stored := CASE WHEN todo_internal.visible(user_id) IS NOT NULL THEN stored END;
        EXIT WHEN stored = verified;
        form := todo_internal.verified_form(password, stored, 8);
        IF form IS NULL THEN
            RETURN;
        END IF;
        verified := CASE WHEN may_renew THEN todo_internal.renewed_hash(user_id, stored, NULL, password, form) END;
        may_renew := false;
        verified := coalesce(verified, stored);
    END LOOP;
    RETURN QUERY
    SELECT a.* FROM todo_internal.active_user(user_id) AS a;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_authenticate(text, text) IS
    'Returns the active user with this address and password'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_authenticate(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_change_password(
    user_id text,
    current_password text,
    new_password text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    email text;
    id text;
    old_hash text;
    new_hash text;
    stored text;
    verified text;
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
IF current_password IS NULL THEN
    RAISE EXCEPTION 'argument current_password must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
END IF;
IF new_password IS NULL THEN
    RAISE EXCEPTION 'argument new_password must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
END IF;
    PERFORM todo_internal.password(new_password);
IF pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool THEN
    RAISE EXCEPTION 'cannot execute todo_change_password() in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction';
END IF;
    -- Once it is locked, nobody puts another table in its place.
    LOCK TABLE @extschema@.users IN ACCESS SHARE MODE;
    PERFORM todo_internal.must_own('@extschema@.users');
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
user_id := todo_internal.visible(user_id);
    LOOP
SELECT u.id, u.hashed_password
FROM ONLY @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.is_active
        INTO id, old_hash;
        IF old_hash = verified THEN
RAISE EXCEPTION 'could not store the password'
    USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'A trigger or rule of the application kept it from being stored.';
        END IF;
        IF todo_internal.verified_form(current_password, old_hash, 8) IS NULL THEN
            RETURN false;
        END IF;
        new_hash := todo_internal.new_hash(new_password);
        PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{hashed_password}');
        stored := todo_internal.replaced_hash(user_id, old_hash, new_hash);
        IF stored = new_hash THEN
            RETURN true;
        ELSIF stored IS NOT NULL THEN
RAISE EXCEPTION 'could not store the password'
    USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'A trigger or rule of the application kept it from being stored.';
        END IF;
        -- The stored hash was replaced meanwhile, for example by a login that renewed it.
        verified := old_hash;
    END LOOP;
EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_change_password(text, text, text) IS
    'Changes the password of an active user who gives the current one; false if that is wrong'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_change_password(text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_check()
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
END$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Checks whether tables, rules, guard and sequence are as the extension made them: one row for each check'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_check_password(
    password text,
    hash text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN todo_internal.verified_form(password, hash, 0) IS NOT NULL;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_check_password(text, text) IS
    'Tells whether a bcrypt hash is that of a password'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_check_password(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_clear_completed(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
-- Lets only one transaction at a time write any number of this user's tasks, so that two such calls do not deadlock.
PERFORM pg_catalog.pg_advisory_xact_lock(1953457263, pg_catalog.hashtext($1) OPERATOR(pg_catalog.&) 1023);
    RETURN QUERY
DELETE FROM @extschema@.tasks AS task
WHERE task.user_id OPERATOR(pg_catalog.=) $1
  AND task.completed
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_clear_completed(text) IS
    'Deletes the completed tasks of a user and returns them as they were'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_clear_completed(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_complete_all(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
IF completed IS NULL THEN
    RAISE EXCEPTION 'argument completed must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'completed';
END IF;
-- Lets only one transaction at a time write any number of this user's tasks, so that two such calls do not deadlock.
PERFORM pg_catalog.pg_advisory_xact_lock(1953457263, pg_catalog.hashtext($1) OPERATOR(pg_catalog.&) 1023);
    RETURN QUERY
UPDATE @extschema@.tasks AS task
SET completed = $2
WHERE task.user_id OPERATOR(pg_catalog.=) $1
  AND task.completed OPERATOR(pg_catalog.=) (NOT $2)
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_complete_all(text, boolean) IS
    'Marks all tasks of a user as completed, or as pending, and returns those that changed'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_complete_all(text, boolean) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_complete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
BEGIN
-- The arguments of a function on a task. Both at once first: PostgreSQL prepares each expression anew in every transaction.
IF task_id IS NULL OR user_id IS NULL THEN
IF task_id IS NULL THEN
    RAISE EXCEPTION 'argument task_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'id';
END IF;
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
END IF;
IF completed IS NULL THEN
    RAISE EXCEPTION 'argument completed must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'completed';
END IF;
    RETURN QUERY
UPDATE @extschema@.tasks AS task
SET completed = $3
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) IS
    'Marks a user''s task as completed, or as pending, and returns it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_completed_per_day(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) IS
    'Returns for each day how many of a user''s tasks were completed on it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_completed_tasks(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_completed_tasks(text) IS
    'Returns the completed tasks of a user, last completed first'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_completed_tasks(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_create_task(
    user_id text,
    title text,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
BEGIN
    IF user_id IS NULL OR title IS NULL THEN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
IF title IS NULL THEN
    RAISE EXCEPTION 'argument title must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title';
END IF;
    END IF;
    -- PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
    IF user_id OPERATOR(pg_catalog.=) '' OR pg_catalog.char_length(user_id) OPERATOR(pg_catalog.>) 36 THEN
        RAISE EXCEPTION 'insert or update on table "tasks" violates foreign key constraint "tasks_user_id_fkey"'
            USING ERRCODE = 'foreign_key_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id',
                CONSTRAINT = 'tasks_user_id_fkey';
    END IF;
    -- The trigger does the rest.
-- A title or a name: trimmed, and not too long for its column.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200 THEN
    RAISE EXCEPTION 'title is longer than 200 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title';
END IF;
    IF description OPERATOR(pg_catalog.=) '' THEN
        description := NULL;
    END IF;
    RETURN QUERY
INSERT INTO @extschema@.tasks AS task (user_id, title, description)
VALUES ($1, $2, $3)
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_create_task(text, text, text) IS
    'Creates a pending task and returns it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_create_task(text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_create_tasks(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) IS
    'Creates all tasks of a JSON array, or none, and returns them'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_create_tasks(text, jsonb) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_create_user(
    email text,
    name text,
    password text,
    user_id text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF email IS NULL THEN
    RAISE EXCEPTION 'argument email must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email';
END IF;
IF name IS NULL THEN
    RAISE EXCEPTION 'argument name must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name';
END IF;
IF password IS NULL THEN
    RAISE EXCEPTION 'argument password must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
END IF;
IF pg_catalog.char_length(email) OPERATOR(pg_catalog.>) 255 THEN
    RAISE EXCEPTION 'email is longer than 255 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email';
END IF;
IF NOT (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
) THEN
    RAISE EXCEPTION 'email is not a valid e-mail address'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_check';
END IF;
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100
    OR name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR name OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100 THEN
    RAISE EXCEPTION 'name is longer than 100 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name';
END IF;
    IF name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'name contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
    END IF;
    RAISE EXCEPTION 'name is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
END IF;
IF user_id OPERATOR(pg_catalog.=) '' THEN
    RAISE EXCEPTION 'id is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id', CONSTRAINT = 'users_id_check';
END IF;
IF pg_catalog.char_length(user_id) OPERATOR(pg_catalog.>) 36 THEN
    RAISE EXCEPTION 'id is longer than 36 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
IF pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool THEN
    RAISE EXCEPTION 'cannot execute todo_create_user() in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction';
END IF;
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
    user_id := COALESCE(user_id, gen_random_uuid()::text);
    IF todo_internal.visible(user_id) IS NULL THEN
        RAISE EXCEPTION 'new row violates row-level security policy for table "users"'
            USING ERRCODE = 'insufficient_privilege', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
    END IF;
    password := todo_internal.new_hash(password);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'INSERT', NULL);
    RETURN QUERY
INSERT INTO @extschema@.users AS u (email, name, hashed_password, id)
VALUES ($1, $2, $3, $4)
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    ;
EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_create_user(text, text, text, text) IS
    'Creates an active user with a password, and with the given id or a new one, and returns it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_create_user(text, text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_delete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
BEGIN
-- The arguments of a function on a task. Both at once first: PostgreSQL prepares each expression anew in every transaction.
IF task_id IS NULL OR user_id IS NULL THEN
IF task_id IS NULL THEN
    RAISE EXCEPTION 'argument task_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'id';
END IF;
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
END IF;
    RETURN QUERY
DELETE FROM @extschema@.tasks AS task
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_delete_task(bigint, text) IS
    'Deletes a user''s task and returns it as it was'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_delete_task(bigint, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_delete_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
user_id := todo_internal.visible(user_id);
-- Lets only one transaction at a time write any number of this user's tasks, so that two such calls do not deadlock.
PERFORM pg_catalog.pg_advisory_xact_lock(1953457263, pg_catalog.hashtext($1) OPERATOR(pg_catalog.&) 1023);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'DELETE', NULL);
    RETURN QUERY
DELETE FROM ONLY @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_delete_user(text) IS
    'Deletes a user with all tasks and returns the user as it was'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_delete_user(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_export_user(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_export_user(text) IS
    'Returns what the tables hold on a user, except the hash, as JSON'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_export_user(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_filter_tasks(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) IS
    'Returns one page of a user''s tasks, filtered and sorted'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_find_user(
    email text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C")
        OPERATOR(pg_catalog.=) pg_catalog.lower($1 COLLATE pg_catalog."C")
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_find_user(text) IS
    'Returns the user with this address, in any letter case'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_find_user(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_get_task(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_get_task(bigint, text) IS
    'Returns the task with this id, if it is the user''s'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_get_task(bigint, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_get_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE u.id OPERATOR(pg_catalog.=) $1
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_get_user(text) IS
    'Returns the user with this id'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_get_user(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_grant(
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
        -- Not REFERENCES: to look up a value, PostgreSQL casts it with the rights of these tables' owner, and the cast could be a function of
        -- the role. The owner makes tables that refer to these.
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.users TO %I', app, role);
    -- Not from the owner, with whose rights references are checked, nor what an extension that builds on this one granted.
    ELSIF role <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = (app || '.users')::regclass)
        AND NOT EXISTS (
            SELECT
            FROM todo_internal.extensions() AS n
            JOIN todo_internal.extension AS e ON e.extname = n AND e.extname <> 'todo'
            JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_grant(text, text) IS
    'Lets a role use the functions and tasks (''api''), those of the current user alone (''isolated''), or the table users as well (''tables'')'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_grant(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_hash_password(
    password text
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF password IS NULL THEN
    RAISE EXCEPTION 'argument password must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
END IF;
    RETURN todo_internal.new_hash(password);
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_hash_password(text) IS
    'Returns a new bcrypt hash of a password, at the cost that todo.bcrypt_cost sets'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_hash_password(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_import_tasks(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) IS
    'Creates the tasks of a JSON object from todo_export_user(), and returns them'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_import_tasks(text, jsonb) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_list_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
    ORDER BY task.created_at DESC, task.id DESC
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_list_tasks(text) IS
    'Returns all tasks of a user, newest first'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_list_tasks(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_pending_tasks(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_pending_tasks(text) IS
    'Returns the pending tasks of a user, newest first'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_pending_tasks(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_release_tables()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- PostgreSQL would list everything.
SET client_min_messages = warning
AS $$
DECLARE
    made record;
BEGIN
    IF NOT (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN
        RAISE EXCEPTION 'must be the owner of todo to release its tables' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM todo_internal.refuse_isolation();
    FOR made IN SELECT e.extname FROM todo_internal.extension AS e WHERE e.extname <> 'todo' LOOP
        RAISE EXCEPTION '% needs todo', made.extname
            USING ERRCODE = 'dependent_objects_still_exist', HINT = format('DROP SCHEMA %I CASCADE removes it, with the rows of its tables.', made.extname);
    END LOOP;
    DROP FUNCTION todo_internal.visible(text);
    FOR made IN
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS drop
        FROM pg_trigger AS t
        JOIN pg_proc AS f ON f.oid = t.tgfoid AND f.pronamespace = 'todo_internal'::regnamespace
        WHERE t.tgrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
        UNION ALL
        -- All at once, as some need others.
        SELECT 'DROP FUNCTION ' || string_agg(p.oid::regprocedure::text, ', ')
        FROM pg_proc AS p
        WHERE p.oid IN (SELECT todo_internal.member_functions()) AND p.pronamespace <> 'todo_internal'::regnamespace
          -- Others are bound to this one.
          AND p.proname <> 'todo_not_in_dumps'
    LOOP
        EXECUTE made.drop;
    END LOOP;
    DROP FUNCTION todo_internal.active_user(text);
    DROP VIEW @extschema@.todo_users;
    -- CASCADE would drop these without a word.
    FOR made IN
        SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS object
        FROM pg_depend d
        CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) AS r
        CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS o
        WHERE d.deptype IN ('n', 'a') AND r.schema = 'todo_internal' AND o.schema IS DISTINCT FROM 'todo_internal'
          AND o.identity !~ '(^|^for | on )todo_internal[.]' AND o.identity <> '@extschema@.todo_not_in_dumps()'
        ORDER BY object
        LIMIT 1
    LOOP
        RAISE EXCEPTION '% needs a function or view of todo', made.object
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop it first.';
    END LOOP;
    DROP SCHEMA todo_internal CASCADE;
    DROP FUNCTION IF EXISTS @extschema@.todo_not_in_dumps();
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_release_tables() IS
    'Makes both tables ordinary ones, and drops everything else'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_release_tables() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_revoke(
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
        JOIN todo_internal.extension AS e ON e.extname = n AND e.extname <> 'todo'
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_revoke(text) IS
    'Takes back what todo_grant gave to a role'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_revoke(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_search_text(
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
                -- As in sql/parts, with escapes: a client may send this script in any encoding.
                E'\u00f8\u0142\u0111\u0127\u0167\u0131\u03c2', E'oldhti\u03c3'
            ),
            E'\u00df', 'ss'), E'\u00e6', 'ae'), E'\u0153', 'oe')
    END;
END$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_search_text(text) IS
    'Returns a text in lower case and without accents, as the search compares it'$statement$,
$statement$CREATE FUNCTION @extschema@.todo_search_words(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_search_words(text, text, text) IS
    'Returns the words of a task, for an index for the search'$statement$,
$statement$CREATE FUNCTION @extschema@.todo_set_active(
    user_id text,
    active boolean
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
IF active IS NULL THEN
    RAISE EXCEPTION 'argument active must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'is_active';
END IF;
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
user_id := todo_internal.visible(user_id);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{is_active}');
    RETURN QUERY
UPDATE ONLY @extschema@.users AS u
SET is_active = $2
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    ;
EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_set_active(text, boolean) IS
    'Activates or deactivates a user and returns it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_set_active(text, boolean) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_set_password_hash(
    user_id text,
    hash text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
DECLARE
    hashed_password CONSTANT pg_catalog.text := hash;
    stored pg_catalog.text;
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
IF hash IS NULL THEN
    RAISE EXCEPTION 'argument hash must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
END IF;
IF NOT (
        hashed_password OPERATOR(pg_catalog.=) '!'
        OR hashed_password OPERATOR(pg_catalog.~) '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{53}$'
) THEN
    RAISE EXCEPTION 'hashed_password is neither a bcrypt hash of cost 4-15 nor ''!'''
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password',
            CONSTRAINT = 'users_hashed_password_check';
END IF;
UPDATE @extschema@.users AS u
SET hashed_password = $2
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.hashed_password
    INTO stored;
    RETURN QUERY
SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
FROM @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
    ;
    IF FOUND AND (stored OPERATOR(pg_catalog.=) hash) IS NOT TRUE THEN
RAISE EXCEPTION 'could not store the password'
    USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'A trigger or rule of the application kept it from being stored.';
    END IF;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_set_password_hash(text, text) IS
    'Sets the bcrypt hash of a user, or locks the password with ''!'', and returns the user'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_set_password_hash(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_task_counts(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_task_counts(text) IS
    'Returns how many tasks a user has: total, pending and completed'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_task_counts(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_task_cursor(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) IS
    'Returns where a task stands in an order of todo_filter_tasks(), for its argument after'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_task_stats(
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
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_task_stats(text, text) IS
    'Returns figures on a user''s tasks: counts, times to completion, and the longest streak of days'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_task_stats(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_toggle_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
BEGIN
-- The arguments of a function on a task. Both at once first: PostgreSQL prepares each expression anew in every transaction.
IF task_id IS NULL OR user_id IS NULL THEN
IF task_id IS NULL THEN
    RAISE EXCEPTION 'argument task_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'id';
END IF;
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
END IF;
    RETURN QUERY
UPDATE @extschema@.tasks AS task
SET completed = NOT task.completed
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_toggle_task(bigint, text) IS
    'Completes a user''s pending task, or makes a completed one pending, and returns it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_toggle_task(bigint, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_update_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    title text DEFAULT NULL,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
AS $$
BEGIN
-- The arguments of a function on a task. Both at once first: PostgreSQL prepares each expression anew in every transaction.
IF task_id IS NULL OR user_id IS NULL THEN
IF task_id IS NULL THEN
    RAISE EXCEPTION 'argument task_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'id';
END IF;
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'user_id';
END IF;
END IF;
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200
    OR title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR title OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
title := pg_catalog.btrim(title, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(title) OPERATOR(pg_catalog.>) 200 THEN
    RAISE EXCEPTION 'title is longer than 200 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title';
END IF;
    IF title OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'title contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
    END IF;
    RAISE EXCEPTION 'title is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'title', CONSTRAINT = 'tasks_title_check';
END IF;
IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 OR description OPERATOR(pg_catalog.~) E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]' THEN
    IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 THEN
        RAISE EXCEPTION 'description is longer than 1000 characters'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
    END IF;
    RAISE EXCEPTION 'description contains a control character'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
END IF;
    RETURN QUERY
UPDATE @extschema@.tasks AS task
SET title = COALESCE($3, task.title),
    description = CASE
        WHEN $4 IS NULL THEN task.description
        WHEN $4 OPERATOR(pg_catalog.<>) '' THEN $4
    END
WHERE task.id OPERATOR(pg_catalog.=) $1
  AND task.user_id OPERATOR(pg_catalog.=) $2
RETURNING task.*
    ;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) IS
    'Changes title and description of a user''s task and returns it; NULL keeps a value, an empty description clears it'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_update_user(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    email text DEFAULT NULL,
    name text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
IF pg_catalog.char_length(email) OPERATOR(pg_catalog.>) 255 THEN
    RAISE EXCEPTION 'email is longer than 255 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email';
END IF;
IF NOT (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
) THEN
    RAISE EXCEPTION 'email is not a valid e-mail address'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_check';
END IF;
-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100
    OR name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR name OPERATOR(pg_catalog.!~) E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
THEN
-- A title or a name: trimmed, and not too long for its column.
name := pg_catalog.btrim(name, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');
IF pg_catalog.char_length(name) OPERATOR(pg_catalog.>) 100 THEN
    RAISE EXCEPTION 'name is longer than 100 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name';
END IF;
    IF name OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION 'name contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
    END IF;
    RAISE EXCEPTION 'name is empty'
        USING ERRCODE = 'check_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'name', CONSTRAINT = 'users_name_check';
END IF;
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
user_id := todo_internal.visible(user_id);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{email,name}');
    RETURN QUERY
UPDATE ONLY @extschema@.users AS u
SET email = COALESCE($2, u.email),
    name = COALESCE($3, u.name)
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    ;
EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_update_user(text, text, text) IS
    'Changes address and name of a user and returns it; NULL keeps a value'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_update_user(text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION @extschema@.todo_verify_email(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE plpgsql VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
IF user_id IS NULL THEN
    RAISE EXCEPTION 'argument user_id must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'id';
END IF;
-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
user_id := todo_internal.visible(user_id);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{email_verified}');
    RETURN QUERY
UPDATE ONLY @extschema@.users AS u
SET email_verified = true
WHERE u.id OPERATOR(pg_catalog.=) $1
RETURNING u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    ;
EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
END
$$$statement$,
$statement$COMMENT ON FUNCTION @extschema@.todo_verify_email(text) IS
    'Marks the address of a user as verified and returns the user'$statement$,
$statement$REVOKE ALL ON FUNCTION @extschema@.todo_verify_email(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.active_user(
    user_id text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
FROM ONLY @extschema@.users AS u
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.is_active
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.active_user(text) IS
    'Returns the user with this id, if active'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.active_user(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.bcrypt_cost()
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce((SELECT s.value::integer FROM todo_internal.setting AS s WHERE s.name = 'bcrypt_cost'), 12);
END$statement$,
$statement$COMMENT ON FUNCTION todo_internal.bcrypt_cost() IS
    'Returns the cost of new hashes'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.bcrypt_cost() FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.is_hash_of(
    hash text,
    password text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    current_cost CONSTANT integer := todo_internal.bcrypt_cost();
    -- Salt and hash are not whole characters of base64. What is left of the last one must be zero.
    cost integer := substring(
        hash FROM '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$'
    )::integer;
    wanted CONSTANT text := '$2a$' || substr(hash, 5);
    salt CONSTANT text := '$' || repeat('.', 22);
BEGIN
    IF password IS NULL OR cost IS NULL THEN
        PERFORM todo_internal.bcrypt('no such password', '$2a$' || lpad(current_cost::text, 2, '0') || salt);
        RETURN false;
    END IF;
    IF todo_internal.bcrypt(password, wanted) = wanted THEN
        RETURN true;
    END IF;
    -- The rounds of costs c, c + 1, ... S - 1 add up to those of S less those of c.
    WHILE cost < current_cost LOOP
        PERFORM todo_internal.bcrypt('no such password', '$2a$' || lpad(cost::text, 2, '0') || salt);
        cost := cost + 1;
    END LOOP;
    RETURN false;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.is_hash_of(text, text) IS
    'Tells whether a hash is that of these very bytes'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.is_hash_of(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.must_own(
    relation text
)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_roles AS r ON r.rolname = current_user AND (r.oid = c.relowner OR r.rolsuper)
        WHERE c.oid = to_regclass(relation)
    ) THEN
        RAISE EXCEPTION 'table % does not belong to role %', relation, current_user
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END IF;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.must_own(text) IS
    'Fails unless a table belongs to the current role'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.must_own(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.new_hash(
    password text
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN '$2b$' || substr(
        todo_internal.bcrypt(todo_internal.password(password), todo_internal.bcrypt_setting(todo_internal.bcrypt_cost())), 5
    );
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.new_hash(text) IS
    'Returns a new hash of a password'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.new_hash(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.password(
    password text
)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A longer text is not looked at: its NFC has at least a quarter of its bytes.
    IF octet_length(password) <= 4 * 72 THEN
        password := normalize(password, NFC);
    END IF;
    IF octet_length(password) > 72 THEN
        RAISE EXCEPTION 'password is longer than 72 bytes'
            USING ERRCODE = 'string_data_right_truncation', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
    END IF;
    IF char_length(password) < 8 THEN
        RAISE EXCEPTION 'password is shorter than 8 characters'
            USING ERRCODE = 'invalid_parameter_value', SCHEMA = (pg_catalog.parse_ident('@extschema@'))[1], TABLE = 'users', COLUMN = 'hashed_password';
    END IF;
    RETURN password;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.password(text) IS
    'Returns the form of a new password that is hashed'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.password(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.refuse_foreign_code_at(
    written regclass,
    kind text,
    columns name[]
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- Planned once in a session, and never compiled: the planner expects many more rows than there are.
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    named CONSTANT text := written::text;
    writer CONSTANT oid := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = written);
    -- As in pg_trigger.tgtype.
    events CONSTANT integer := CASE kind WHEN 'INSERT' THEN 4 WHEN 'DELETE' THEN 8 WHEN 'UPDATE' THEN 16 ELSE 28 END;
    locked oid[];
    waiting oid[];
    reached regclass;
    problem text;
BEGIN
    PERFORM todo_internal.must_own(written::text);
    -- Nobody makes a trigger or a foreign key on a table that is locked in this mode. Each table that is reached is locked, and then the
    -- search begins again, until it finds no other.
    EXECUTE format('LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE', written);
    locked := ARRAY[written::oid];
    LOOP
        WITH RECURSIVE reached (oid, events) AS (
            SELECT written::oid, events
            UNION
            SELECT n.oid, CASE WHEN n.has_parts AND n.events & 16 <> 0 THEN 28 ELSE n.events END
            FROM reached AS r
            CROSS JOIN LATERAL (
                SELECT k.conrelid, c.relkind = 'p',
                    CASE WHEN r.events & 8 = 0 THEN 0 WHEN k.confdeltype = 'c' THEN 8 WHEN k.confdeltype IN ('n', 'd') THEN 16 ELSE 0 END
                        | CASE
                            WHEN r.events & 16 <> 0 AND k.confupdtype IN ('c', 'n', 'd') AND (
                                r.oid <> written OR columns IS NULL OR EXISTS (
                                    SELECT
                                    FROM pg_attribute AS a
                                    WHERE a.attrelid = r.oid AND a.attnum = ANY (k.confkey) AND a.attname = ANY (columns)
                                )
                            ) THEN 16
                            ELSE 0
                        END
                FROM pg_constraint AS k
                JOIN pg_class AS c ON c.oid = k.conrelid
                WHERE k.confrelid = r.oid AND k.contype = 'f'
                UNION ALL
                SELECT i.inhrelid, false, r.events
                FROM pg_inherits AS i
                JOIN pg_class AS c ON c.oid = i.inhparent AND c.relkind = 'p'
                WHERE i.inhparent = r.oid
            ) AS n (oid, has_parts, events)
            WHERE n.events <> 0
        )
        SELECT
            (SELECT array_agg(r.oid) FROM reached AS r WHERE r.oid <> ALL (locked)),
            (
                SELECT min(found.what)
                FROM (
                    SELECT format('table %s', c.oid::regclass) AS what
                    FROM reached AS r
                    JOIN pg_class AS c ON c.oid = r.oid
                    JOIN pg_roles AS o ON o.oid = c.relowner
                    WHERE c.relowner <> writer AND NOT o.rolsuper
                       -- What cannot be locked must not change.
                       OR NOT (has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')) AND EXISTS (
                           SELECT
                           FROM pg_roles AS x
                           WHERE NOT pg_has_role(x.oid, writer, 'MEMBER')
                             AND NOT EXISTS (SELECT FROM pg_roles AS s WHERE s.rolsuper AND pg_has_role(x.oid, s.oid, 'MEMBER'))
                             AND (has_table_privilege(x.oid, c.oid, 'TRIGGER') OR has_any_column_privilege(x.oid, c.oid, 'REFERENCES'))
                       )
                    UNION ALL
                    SELECT format('trigger %I of table %s', t.tgname, t.tgrelid::regclass)
                    FROM reached AS r
                    JOIN pg_trigger AS t ON t.tgrelid = r.oid AND t.tgtype & r.events <> 0 AND NOT t.tgisinternal
                    JOIN pg_proc AS f ON f.oid = t.tgfoid
                    JOIN pg_roles AS p ON p.oid = f.proowner
                    WHERE NOT (p.oid = writer OR p.rolsuper)
                       -- Arguments may be names or SQL that the function uses, and whoever made the trigger chose them.
                       OR t.tgnargs > 0 AND f.oid >= 16384 AND f.pronamespace::regnamespace::text NOT IN ('todo_internal', 'todo_auth')
                       -- A condition may call immutable functions of PostgreSQL only, which are no dependencies.
                       OR t.tgqual IS NOT NULL AND (
                           t.tgqual::text ~ 'COERCEVIAIO'
                           OR EXISTS (
                               SELECT
                               FROM regexp_matches(t.tgqual::text, 'funcid ([0-9]+)', 'g') AS m (number)
                               JOIN pg_proc AS i ON i.oid = m.number[1]::oid AND i.provolatile <> 'i'
                           )
                           OR EXISTS (
                               SELECT
                               FROM pg_depend d
                               WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
                                 AND CASE d.refclassid
                                     WHEN 'pg_proc'::regclass THEN d.refobjid <> t.tgfoid
                                     ELSE d.refclassid NOT IN ('pg_class'::regclass, 'pg_trigger'::regclass)
                                 END
                           )
                       )
                ) AS found
            )
        INTO waiting, problem;
        EXIT WHEN problem IS NOT NULL OR waiting IS NULL;
        -- Of a superuser's table, the writer may have no right to lock it.
        FOREACH reached IN ARRAY waiting::regclass[] LOOP
            IF has_schema_privilege((SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = reached), 'USAGE')
                AND has_table_privilege(reached, 'UPDATE, DELETE, TRUNCATE')
            THEN
                EXECUTE format('LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE', reached);
            END IF;
        END LOOP;
        locked := locked || waiting;
    END LOOP;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '% could run code of another role', problem
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Tables that refer to those of todo, and are changed with them, must belong to the same role or to a superuser, and so '
                    'must the functions of triggers. No other role may have TRIGGER or REFERENCES on a superuser''s table.';
    END IF;
    -- While the lock was waited for, the owner of the schema could have put another table in its place.
    IF to_regclass(named) IS DISTINCT FROM written THEN
        RAISE EXCEPTION 'table % was renamed while this waited for it', named
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Try again.';
    END IF;
    -- The catalogs were read as the snapshot shows them. So nobody else may have a right now, nor may have had one then.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') AND (
        EXISTS (
            SELECT
            FROM pg_roles AS r
            CROSS JOIN unnest(locked) AS l (oid)
            WHERE NOT r.rolsuper AND NOT pg_has_role(r.oid, writer, 'MEMBER')
              AND (has_table_privilege(r.oid, l.oid, 'TRIGGER') OR has_any_column_privilege(r.oid, l.oid, 'REFERENCES'))
        )
        OR EXISTS (
            SELECT
            FROM pg_class AS c
            CROSS JOIN LATERAL (
                SELECT a.grantee, a.privilege_type FROM aclexplode(c.relacl) AS a
                UNION ALL
                SELECT a.grantee, a.privilege_type FROM pg_attribute AS t CROSS JOIN LATERAL aclexplode(t.attacl) AS a WHERE t.attrelid = c.oid
            ) AS a
            WHERE c.oid = ANY (locked) AND a.privilege_type IN ('TRIGGER', 'REFERENCES') AND a.grantee <> c.relowner
        )
    ) THEN
        RAISE EXCEPTION 'users cannot be written at isolation level %', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                DETAIL = 'Another role may add triggers or foreign keys, and the snapshot would not show them.',
                HINT = 'Use READ COMMITTED, or revoke TRIGGER and REFERENCES on these tables from everyone but the owner.';
    END IF;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.refuse_foreign_code_at(regclass, text, name[]) IS
    'Fails if code of another role could run with the rights of a table''s owner'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code_at(regclass, text, name[]) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.renewed_hash(
    user_id text,
    old_hash text,
    new_hash text,
    password text,
    form text
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF form = 'nfc' AND substr(old_hash, 5, 2)::integer >= todo_internal.bcrypt_cost()
        OR current_setting('transaction_read_only')::boolean
        OR current_setting('transaction_isolation') NOT IN ('read uncommitted', 'read committed')
    THEN
        RETURN NULL;
    END IF;
    LOCK TABLE ONLY @extschema@.users IN ROW EXCLUSIVE MODE NOWAIT;
    new_hash := todo_internal.new_hash(password);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{hashed_password}');
-- A login never waits for a lock. If the row is locked, a later login renews the hash.
UPDATE ONLY @extschema@.users AS u
SET hashed_password = $3
FROM (
    SELECT v.id
    FROM ONLY @extschema@.users AS v
    WHERE v.id OPERATOR(pg_catalog.=) $1
      AND v.hashed_password OPERATOR(pg_catalog.=) $2
    FOR NO KEY UPDATE SKIP LOCKED
) AS free
WHERE u.id OPERATOR(pg_catalog.=) free.id
    ;
    RETURN CASE WHEN FOUND THEN new_hash END;
EXCEPTION
    WHEN OTHERS THEN RETURN NULL;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.renewed_hash(text, text, text, text, text) IS
    'Stores a new hash after a correct login, if the old one is outdated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.renewed_hash(text, text, text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.replaced_hash(
    user_id text,
    old_hash text,
    new_hash text
)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
UPDATE ONLY @extschema@.users AS u
SET hashed_password = $3
WHERE u.id OPERATOR(pg_catalog.=) $1
  AND u.hashed_password OPERATOR(pg_catalog.=) $2
  AND u.is_active
RETURNING u.hashed_password
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.replaced_hash(text, text, text) IS
    'Replaces the hash of an active user, if it is still the old one'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.replaced_hash(text, text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.set_bcrypt_cost(
    cost integer
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (cost BETWEEN 4 AND 15) IS NOT TRUE THEN
        RAISE EXCEPTION 'cost must be in 4 to 15' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO todo_internal.setting (name, value)
    VALUES ('bcrypt_cost', cost::text)
    ON CONFLICT ON CONSTRAINT setting_pkey DO UPDATE SET value = EXCLUDED.value;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.set_bcrypt_cost(integer) IS
    'Sets the cost of new hashes'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.set_bcrypt_cost(integer) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_internal.verified_form(
    password text,
    hash text,
    shortest integer
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nfc CONSTANT text := CASE WHEN octet_length(password) <= 4 * 72 THEN normalize(password, NFC) END;
BEGIN
    IF todo_internal.is_hash_of(hash, CASE WHEN octet_length(nfc) <= 72 AND char_length(nfc) >= shortest THEN nfc END) THEN
        RETURN 'nfc';
    END IF;
    IF (nfc <> password COLLATE "C") IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    IF todo_internal.is_hash_of(hash, CASE WHEN octet_length(password) <= 72 AND char_length(password) >= shortest THEN password END) THEN
        RETURN 'given';
    END IF;
    RETURN NULL;
END
$$$statement$,
$statement$COMMENT ON FUNCTION todo_internal.verified_form(text, text, integer) IS
    'Tells from which form of a password a hash was made'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_internal.verified_form(text, text, integer) FROM PUBLIC$statement$
    ];
    -- The names of the functions in the application's schema.
    made := ARRAY(
        SELECT m.names[1]
        FROM unnest(statements) AS s (statement)
        CROSS JOIN LATERAL regexp_matches(s.statement, '^CREATE FUNCTION @extschema@[.](\w+)') AS m (names)
    );
    SELECT
        (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto') AS pgcrypto,
        (
            SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname)
            FROM pg_proc AS p
            WHERE p.pronamespace = to_regnamespace(quote_ident(home)) AND p.proname = ANY (made)
        ) AS functions,
        EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'todo') AS is_extension,
        (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') AS owner,
        (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS is_superuser,
        (
            -- The members of pg_database_owner are the owner of the database.
            SELECT CASE n.nspowner WHEN to_regrole('pg_database_owner') THEN d.datdba ELSE n.nspowner END
            FROM pg_namespace AS n
            JOIN pg_database AS d ON d.datname = current_database()
            WHERE n.nspname = home
        ) AS home_owner,
        (
            SELECT string_agg(c.relname, ' and ' ORDER BY c.relname DESC)
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace(quote_ident(home)) AND c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')
        ) AS relations,
        (
            SELECT count(*)
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace(quote_ident(home)) AND c.relname IN ('users', 'tasks')
              AND pg_get_userbyid(c.relowner) = current_user
        ) AS own_tables
    INTO before;
    is_update := EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'todo_internal' AND c.relname = 'installed'
    );
    is_adoption := NOT is_update AND coalesce(current_setting('todo.adopt', true), '') = 'on';
    IF current_setting('server_version_num')::integer < 140000 THEN
        RAISE EXCEPTION 'todo needs PostgreSQL 14 or newer' USING ERRCODE = 'feature_not_supported';
    ELSIF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported', HINT = 'Create it with TEMPLATE template0 ENCODING ''UTF8''.';
    ELSIF before.is_superuser THEN
        RAISE EXCEPTION 'a superuser must not own todo'
            USING ERRCODE = 'invalid_grant_operation',
                DETAIL = 'Its functions run with the rights of its owner.', HINT = 'Connect as the role that owns the application''s database.';
    ELSIF is_update AND before.owner <> current_user THEN
        RAISE EXCEPTION 'must be the owner of todo to update it'
            USING ERRCODE = 'insufficient_privilege', HINT = format('SET ROLE %I', before.owner);
    ELSIF NOT is_update AND before.is_extension THEN
        RAISE EXCEPTION 'this database has todo as an extension' USING ERRCODE = 'duplicate_object';
    ELSIF NOT is_update AND before.owner IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema todo_internal already' USING ERRCODE = 'duplicate_schema', HINT = 'Rename or drop it.';
    ELSIF NOT is_update AND (home IS NULL OR home ~ '^pg_') THEN
        RAISE EXCEPTION 'there is no schema to create todo in'
            USING ERRCODE = 'invalid_schema_name', HINT = 'SET search_path to a schema that exists.';
    ELSIF NOT is_update AND NOT pg_has_role(before.home_owner, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'schema % belongs to role %, which could replace what is in it', home, pg_get_userbyid(before.home_owner)
            USING ERRCODE = 'insufficient_privilege', HINT = format('Connect as %I, or SET search_path to a schema of your own.', pg_get_userbyid(before.home_owner));
    ELSIF is_adoption AND current_setting('transaction_isolation') <> 'read committed' THEN
        -- An older snapshot would not see rows, triggers and foreign keys that were committed just before the tables were locked.
        RAISE EXCEPTION 'todo adopts tables in a READ COMMITTED transaction only'
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    ELSIF NOT is_update AND home ~ '["$''\\]' THEN
        RAISE EXCEPTION 'schema % has a quote, a dollar sign or a backslash in its name', home USING ERRCODE = 'invalid_name';
    ELSIF is_adoption AND before.own_tables <> 2 THEN
        RAISE EXCEPTION 'role % has no tables users and tasks in schema % to adopt', current_user, home
            USING ERRCODE = 'undefined_table', HINT = 'SET search_path to their schema, and SET ROLE to their owner.';
    ELSIF NOT is_update AND NOT is_adoption AND before.relations IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has %', home, before.relations
            USING ERRCODE = 'duplicate_table',
                HINT = 'To take over tables users and tasks with their rows, SET todo.adopt = on. Or SET search_path to another schema.';
    ELSIF NOT is_update AND before.functions IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has functions of todo', home
            USING ERRCODE = 'duplicate_function', HINT = 'If they are left from another installation: DROP FUNCTION ' || before.functions;
    ELSIF before.pgcrypto IS NULL THEN
        RAISE EXCEPTION 'todo needs the extension pgcrypto' USING ERRCODE = 'undefined_object', HINT = 'CREATE EXTENSION pgcrypto;';
    ELSIF NOT has_schema_privilege(before.pgcrypto, 'USAGE') THEN
        RAISE EXCEPTION 'role % may not use pgcrypto', current_user
            USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT USAGE ON SCHEMA %I TO %I', before.pgcrypto, current_user);
    ELSIF NOT has_database_privilege(current_database(), 'CREATE') OR NOT is_update AND NOT has_schema_privilege(home, 'CREATE') THEN
        RAISE EXCEPTION 'role % needs the privilege CREATE on database % and on schema %', current_user, current_database(), home
            USING ERRCODE = 'insufficient_privilege', HINT = concat_ws(
                '; ',
                CASE WHEN NOT has_database_privilege(current_database(), 'CREATE') THEN format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) END,
                CASE WHEN NOT has_schema_privilege(home, 'CREATE') THEN format('GRANT CREATE ON SCHEMA %I TO %I', home, current_user) END
            );
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = current_user AND (r.rolbypassrls OR r.rolcreaterole)) THEN
        RAISE WARNING 'role % has BYPASSRLS or CREATEROLE, which the owner of todo does not need', current_user
            USING DETAIL = 'Its functions run with the rights of its owner.', HINT = 'Let a role without these rights own it.';
    END IF;

    home := quote_ident(home);
    IF is_adoption THEN
        EXECUTE format('LOCK TABLE %1$s.tasks, %1$s.users IN ACCESS EXCLUSIVE MODE', home);
    END IF;
    IF is_update THEN
        SELECT e.extnamespace::regnamespace::text INTO STRICT home FROM todo_internal.extension AS e WHERE e.extname = 'todo';
        IF EXISTS (
            SELECT FROM todo_internal.installed AS i
            WHERE i.name = 'todo' AND string_to_array(i.version, '.')::integer[] > string_to_array('1.1.0', '.')::integer[]
        ) THEN
            RAISE EXCEPTION 'a newer version of todo is installed' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        IF to_regclass(home || '.users') IS NULL OR to_regclass(home || '.tasks') IS NULL THEN
            RAISE EXCEPTION 'the tables of todo in schema % are missing', home
                USING ERRCODE = 'object_not_in_prerequisite_state',
                    HINT = 'Restore the database from a backup. Or begin again without them: DROP SCHEMA todo_internal CASCADE';
        END IF;
        EXECUTE format('LOCK TABLE %1$s.tasks, %1$s.users IN ACCESS EXCLUSIVE MODE', home);
        old_functions := ARRAY(
            SELECT format('%s %s', p.oid, p.ctid)
            FROM todo_internal.depend AS d
            JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo'
            JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            WHERE d.deptype = 'e' AND p.proname !~ '^expected_'
        );
        present := ARRAY(
            SELECT format('%s %s', d.classid, d.objid)
            FROM todo_internal.depend AS d
            JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo'
            WHERE d.deptype = 'e'
        );
    END IF;

    -- What the application has of these names.
    other_functions := ARRAY(
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.pronamespace = home::regnamespace AND p.proname = ANY (made) AND format('%s %s', p.oid, p.ctid) <> ALL (old_functions)
    );
    place_of_other := ARRAY(SELECT format('%s %s', p.oid, p.ctid) FROM pg_proc AS p WHERE p.oid = ANY (other_functions));
    FOREACH statement IN ARRAY statements LOOP
        place := home;
        IF statement = 'ADOPT' THEN
            FOREACH step IN ARRAY CASE WHEN is_adoption THEN ARRAY[
$statement$CREATE TABLE todo_internal.users (
    id VARCHAR(36) PRIMARY KEY,
    email VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL,
    hashed_password VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    is_active BOOLEAN DEFAULT TRUE,
    email_verified BOOLEAN DEFAULT FALSE
)$statement$,
$statement$CREATE UNIQUE INDEX ix_users_email ON todo_internal.users (email)$statement$,
$statement$CREATE TABLE todo_internal.tasks (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES todo_internal.users(id) ON DELETE CASCADE,
    title VARCHAR(200) NOT NULL,
    description TEXT,
    completed BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    completed_at TIMESTAMP
)$statement$,
$statement$CREATE INDEX ix_tasks_user_id ON todo_internal.tasks (user_id)$statement$,
$statement$CREATE INDEX ix_tasks_user_completed ON todo_internal.tasks (user_id, completed)$statement$,
$statement$CREATE INDEX ix_tasks_created_at ON todo_internal.tasks (created_at)$statement$,
$statement$SELECT todo_internal.expect('specified', 'todo', 'todo_internal')$statement$,
$statement$DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    problem record;
BEGIN
    SELECT n.nspname, c.relname INTO problem
    FROM todo_internal.specified() AS s
    JOIN pg_class AS c ON c.relnamespace = home AND c.relname = s.relation
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN todo_internal.described(home, ARRAY[c.oid]) AS d USING (schema, relation, kind, name)
    WHERE s.kind = 'storage' AND d.definition IS DISTINCT FROM s.definition
    ORDER BY c.relkind = 'S', c.relname DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit todo: expected an ordinary table, not a view, a partition, a child, '
            'a parent, or a typed or unlogged table', problem.relname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname;
    END IF;
END
$$$statement$,
$statement$DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    relations CONSTANT oid[] := ARRAY(
        SELECT c.oid
        FROM todo_internal.specified() AS s
        JOIN pg_class AS c ON c.relnamespace = home AND c.relname = s.relation
        WHERE s.kind = 'storage'
    );
    app CONSTANT name := (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = home);
    problem record;
BEGIN
    -- They must have the columns, in this order, of these types or of others that can be converted.
    WITH form (type, taken) AS (
        VALUES
            ('character varying(36)', 'character varying'),
            ('text', 'character varying'),
            ('timestamp without time zone', 'timestamp with time zone')
    ), expected AS (
        SELECT s.relation, s.name, s.place, f.types, s.definition LIKE '% NOT NULL' AS required
        FROM todo_internal.specified() WITH ORDINALITY AS s (schema, relation, kind, name, definition, place)
        CROSS JOIN LATERAL (SELECT regexp_replace(s.definition, ' NOT NULL$', '') AS type) AS t
        CROSS JOIN LATERAL (SELECT t.type || ARRAY(SELECT f.taken FROM form AS f WHERE f.type = t.type) AS types) AS f
        WHERE s.kind = 'column'
    ), actual AS (
        -- A time with fewer digits fits as well.
        SELECT d.relation, d.name, d.place, regexp_replace(d.definition, '^timestamp[(][0-6][)]', 'timestamp') AS definition
        FROM todo_internal.described(home, relations) AS d
        WHERE d.kind = 'column'
    ), compared AS (
        SELECT
            e.place, e.relation, e.name, a.definition,
            array_to_string(e.types, ' or ') || CASE WHEN e.required THEN ' NOT NULL' ELSE '' END AS wanted,
            EXISTS (
                SELECT
                FROM unnest(e.types) AS t (type)
                WHERE a.definition = t.type || ' NOT NULL' OR NOT e.required AND a.definition = t.type
            ) AS fits,
            row_number() OVER (PARTITION BY e.relation ORDER BY e.place)
                = row_number() OVER (PARTITION BY e.relation ORDER BY a.place) AS in_place
        FROM expected AS e
        LEFT JOIN actual AS a USING (relation, name)
    )
    SELECT c.* INTO problem
    FROM compared AS c
    WHERE NOT (c.fits AND c.in_place)
    ORDER BY c.fits, c.relation DESC, c.place
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit todo: column % is %, expected %', problem.relation, problem.name,
            CASE WHEN problem.fits THEN 'in another place' ELSE coalesce(problem.definition, 'missing') END,
            CASE WHEN problem.fits THEN 'the order of the specification' ELSE problem.wanted END
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                HINT = 'Nothing has been changed. Bring it into shape with ALTER TABLE and try again.';
    END IF;

    -- The application may have columns of its own: its tables are ordinary ones, which dumps include.

    -- They must have their primary keys, under any name, and the sequence of task ids.
    SELECT p.* INTO problem
    FROM (
        SELECT s.relation, substring(s.definition FROM '[(](.*)[)]') AS name, 'the primary key' AS wanted,
            'ALTER TABLE ... ADD PRIMARY KEY (id)' AS hint
        FROM todo_internal.specified() AS s
        WHERE s.kind = 'constraint'
          AND s.definition LIKE 'PRIMARY KEY %'
          AND NOT EXISTS (
              SELECT
              FROM todo_internal.described(home, relations) AS d
              WHERE d.relation = s.relation AND d.kind = s.kind AND d.definition = s.definition
          )
        UNION ALL
        SELECT s.relation, s.name, 'a serial column, with its own sequence tasks_id_seq of positive integers',
            'ALTER SEQUENCE ... RENAME TO tasks_id_seq, AS integer, OWNED BY tasks.id; ALTER TABLE tasks ALTER COLUMN id '
                'SET DEFAULT nextval(''tasks_id_seq'')'
        FROM todo_internal.specified() AS s
        WHERE s.kind = 'default'
          AND s.definition LIKE 'nextval(%'
          AND EXISTS (
              SELECT
              FROM todo_internal.specified() AS w
              LEFT JOIN todo_internal.described(home, relations) AS d USING (schema, relation, kind, name)
              WHERE (w.kind IN ('sequence', 'sequence owner') OR w.kind = s.kind AND w.relation = s.relation AND w.name = s.name)
                AND d.definition IS DISTINCT FROM w.definition
          )
    ) AS p
    ORDER BY p.relation DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit todo: column % is expected to be %', problem.relation, problem.name, problem.wanted
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                HINT = 'Nothing has been changed. Bring it into shape first: ' || problem.hint || '.';
    END IF;
END
$$$statement$,
$statement$CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.* FROM todo_internal.expected_todo() AS e
$$$statement$,
$statement$DO $$
DECLARE
    spoilt record;
BEGIN
    SELECT count(*) AS total, string_agg(quote_literal(u.id), ', ' ORDER BY u.id) FILTER (WHERE u.place <= 5) AS ids INTO spoilt
    FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS place
        FROM @extschema@.users AS u
        WHERE char_length(u.id) > 36
    ) AS u;
    IF spoilt.total > 0 THEN
        RAISE EXCEPTION 'ids of users are longer than 36 characters: % rows, id %', spoilt.total, spoilt.ids
            USING ERRCODE = 'string_data_right_truncation', TABLE = 'users', COLUMN = 'id',
                HINT = 'Nothing has been changed. Give these users other ids and try again.';
    END IF;

    SELECT count(*) AS total, string_agg(quote_literal(u.id), ', ' ORDER BY u.id) FILTER (WHERE u.place <= 5) AS ids INTO spoilt
    FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS place
        FROM (SELECT id, count(*) OVER (PARTITION BY email) AS namesakes FROM @extschema@.users) AS u
        WHERE u.namesakes > 1
    ) AS u;
    IF spoilt.total > 0 THEN
        RAISE EXCEPTION 'addresses of users are not unique: % rows, id %', spoilt.total, spoilt.ids
            USING ERRCODE = 'unique_violation', TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_key',
                HINT = 'Nothing has been changed. Give these users addresses of their own and try again.';
    END IF;
END
$$$statement$,
$statement$DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    relations CONSTANT oid[] := ARRAY(
        SELECT c.oid
        FROM todo_internal.target() AS t
        JOIN pg_class AS c ON c.relnamespace = home AND c.relname = t.relation AND c.relkind = 'r'
        WHERE t.kind = 'storage'
    );
    part record;
    referring text;
BEGIN
    -- In the way are constraints and indexes that differ from the extension's and have one of their names, are on the same key, or refer
    -- to the same table.
    FOR part IN
        WITH known AS (
            SELECT s.* FROM todo_internal.specified() AS s
            UNION
            SELECT e.* FROM todo_internal.expected_todo() AS e
        ), key AS (
            SELECT k.relation, substring(k.definition FROM '^(PRIMARY KEY|UNIQUE) ') AS kind,
                substring(k.definition FROM ' [(]([^,]*)[)]$') AS attribute
            FROM known AS k
            WHERE k.kind = 'constraint' AND k.definition ~ '^(PRIMARY KEY|UNIQUE) [(][^,]*[)]$'
        )
        SELECT d.relid::regclass AS tab, d.relation, d.kind, d.name, coalesce(k.conindid, to_regclass(format('%s.%I', home, d.name))) AS index,
            coalesce(substring(d.definition FROM '[(]([^,()]*)[)]$'), '') AS attribute
        FROM todo_internal.described(home, relations) AS d
        LEFT JOIN pg_constraint AS k ON d.kind = 'constraint' AND k.conrelid = d.relid AND k.conname = d.name AND k.contype = 'u'
        WHERE NOT EXISTS (
            SELECT
            FROM todo_internal.target() AS t
            WHERE (t.relation, t.kind, t.name, t.definition) = (d.relation, d.kind, d.name, d.definition) AND d.weakness IS NULL
        )
          AND CASE d.kind
              WHEN 'constraint' THEN
                  EXISTS (
                      SELECT
                      FROM known AS o
                      WHERE o.relation = d.relation AND o.kind = d.kind AND o.name = d.name AND o.definition LIKE 'CHECK %'
                  )
                  OR EXISTS (
                      SELECT
                      FROM key AS u
                      WHERE u.relation = d.relation AND u.kind = 'UNIQUE' AND d.definition ~ ('^UNIQUE [^(]*[(]' || u.attribute || '[)]')
                  )
                  OR EXISTS (
                      SELECT
                      FROM known AS o
                      WHERE o.kind = 'storage' AND d.definition ~ (' REFERENCES @[.]' || o.relation || '[(]')
                  )
              WHEN 'index' THEN
                  EXISTS (SELECT FROM known AS o WHERE o.kind = d.kind AND o.name = d.name)
                  OR EXISTS (
                      SELECT FROM key AS u WHERE u.relation = d.relation AND d.definition ~ (' USING btree [(]' || u.attribute || '[)]$')
                  )
          END
        ORDER BY d.kind, d.definition LIKE 'FOREIGN KEY %' DESC, d.name
    LOOP
        SELECT string_agg(format('%I of %s', k.conname, k.conrelid::regclass), ', ') INTO referring
        FROM pg_constraint AS k
        WHERE k.contype = 'f' AND k.conindid = part.index AND k.conname <> part.name;
        IF referring IS NOT NULL THEN
            RAISE EXCEPTION 'other tables refer to % by % %, which has to be dropped: %', part.relation, part.kind, part.name, referring
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.attribute,
                    HINT = 'Nothing has been changed. Drop these foreign keys, update, and create them again.';
        END IF;
        -- It must not be the replica identity.
        IF EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = part.index AND i.indisreplident) THEN
            EXECUTE format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', part.tab);
        END IF;
        EXECUTE CASE part.kind
            WHEN 'constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', part.tab, part.name)
            ELSE format('DROP INDEX %s.%I', home, part.name)
        END;
    END LOOP;

    FOR part IN
        SELECT d.relid::regclass AS tab, d.name, t.name AS wanted
        FROM todo_internal.described(home, relations) AS d
        JOIN todo_internal.target() AS t USING (relation, kind)
        WHERE d.kind = 'constraint' AND d.definition LIKE 'PRIMARY KEY %' AND t.definition LIKE 'PRIMARY KEY %' AND d.name <> t.name
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', part.tab, part.name, part.wanted);
    END LOOP;

    -- Only columns whose type differs: PostgreSQL cannot change a column that a view, a policy or a trigger uses, not even to the same
    -- type.
    FOR part IN
        SELECT d.relid::regclass AS tab, d.relation, d.name, w.type, a.type LIKE 'timestamp%with time zone' AS has_zone
        FROM todo_internal.described(home, relations) AS d
        JOIN todo_internal.target() AS t USING (schema, relation, kind, name)
        CROSS JOIN LATERAL (SELECT regexp_replace(d.definition, ' NOT NULL$', '')) AS a (type)
        CROSS JOIN LATERAL (SELECT regexp_replace(t.definition, ' NOT NULL$', '')) AS w (type)
        WHERE d.kind = 'column' AND a.type <> w.type
    LOOP
        -- PostgreSQL would validate other tables' references to the column again, and read those tables as a superuser.
        IF EXISTS (
            SELECT
            FROM pg_constraint AS k
            JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
            WHERE k.contype = 'f' AND k.confrelid = part.tab AND a.attname = part.name AND k.conrelid <> ALL (relations)
        ) THEN
            RAISE EXCEPTION 'other tables refer to %.%, whose type has to change', part.relation, part.name
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.name,
                    HINT = 'Nothing has been changed. Drop their foreign keys, update, and create them again.';
        END IF;
        -- A default of the old type may not fit the new one; complete.sql sets it.
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', part.tab, part.name);
        EXECUTE format(
            'ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s USING %2$I%4$s', part.tab, part.name, part.type,
            CASE WHEN part.has_zone THEN ' AT TIME ZONE ''UTC''' ELSE '::' || part.type END
        );
    END LOOP;
END
$$$statement$,
$statement$CREATE FUNCTION todo_internal.fire(
    fires boolean
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    off CONSTANT text[] := string_to_array(current_setting('todo.disabled', true), ',');
    changed record;
    disabled text[] := '{}';
BEGIN
    FOR changed IN
        SELECT t.tgname, t.tgrelid::regclass AS tab, m.mark,
            CASE WHEN NOT fires THEN 'DISABLE' WHEN t.oid || 'A' = ANY (off) THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END AS change
        FROM pg_trigger AS t
        CROSS JOIN LATERAL (SELECT t.oid || t.tgenabled::text AS mark) AS m
        WHERE t.tgrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND NOT t.tgisinternal
          AND CASE WHEN fires THEN t.oid || 'O' = ANY (off) OR t.oid || 'A' = ANY (off) ELSE t.tgenabled IN ('O', 'A') END
    LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER %I', changed.tab, changed.change, changed.tgname);
        disabled := disabled || changed.mark;
    END LOOP;
    PERFORM set_config('todo.disabled', array_to_string(disabled, ','), true);
END
$$$statement$,
$statement$SELECT todo_internal.fire(false)$statement$,
$statement$SELECT set_config('max_parallel_workers_per_gather', '0', true)$statement$,
$statement$DO $$
DECLARE
    broken record;
    first record;
    report text[];
    app name;
    hint CONSTANT text := 'Nothing has been changed. Fix these rows and try again.';
BEGIN
    FOR broken IN
        WITH culprit AS (
            SELECT 'users' AS relation, v.attribute, 'users_' || v.attribute || '_check' AS rule, quote_literal(u.id) AS id,
                NULL::integer AS number
            FROM @extschema@.users AS u
            CROSS JOIN LATERAL (
                VALUES ('id', u.id), ('email', u.email), ('name', u.name), ('hashed_password', u.hashed_password)
            ) AS v (attribute, value)
            WHERE todo_internal.broken_rule('users.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'tasks', v.attribute, 'tasks_' || v.attribute || '_check', t.id::text, t.id
            FROM @extschema@.tasks AS t
            CROSS JOIN LATERAL (VALUES ('title', t.title), ('description', t.description)) AS v (attribute, value)
            WHERE todo_internal.broken_rule('tasks.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            -- Times have no constraint.
            SELECT 'users', v.attribute, NULL, quote_literal(u.id), NULL
            FROM @extschema@.users AS u
            CROSS JOIN LATERAL (VALUES ('created_at', u.created_at), ('updated_at', u.updated_at)) AS v (attribute, value)
            WHERE todo_internal.broken_time('users.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'tasks', v.attribute, NULL, t.id::text, t.id
            FROM @extschema@.tasks AS t
            CROSS JOIN LATERAL (
                VALUES
                    ('created_at', t.created_at),
                    ('updated_at', t.updated_at),
                    -- completed_at of a pending task is cleared below.
                    ('completed_at', CASE WHEN t.completed IS NOT FALSE THEN t.completed_at END)
            ) AS v (attribute, value)
            WHERE todo_internal.broken_time('tasks.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'users', 'email', 'ix_users_email_folded', quote_literal(u.id), NULL
            FROM (
                SELECT id, count(*) OVER (PARTITION BY lower(email COLLATE "C")) AS namesakes
                FROM @extschema@.users
            ) AS u
            WHERE u.namesakes > 1
        ), ranked AS (
            SELECT c.*, row_number() OVER (PARTITION BY c.relation, c.attribute, c.rule ORDER BY c.number, c.id COLLATE "C") AS place
            FROM culprit AS c
        )
        SELECT
            r.relation, r.attribute, r.rule, count(*) AS total,
            string_agg(r.id, ', ' ORDER BY r.place) FILTER (WHERE r.place <= 5) AS ids
        FROM ranked AS r
        GROUP BY r.relation, r.attribute, r.rule
        ORDER BY r.rule IS NULL, r.relation DESC, r.rule, r.attribute
    LOOP
        IF first IS NULL THEN
            first := broken;
        END IF;
        report := report || format(
            '%s: %s %s of %s, id %s%s', coalesce(broken.rule, broken.attribute), broken.total, CASE broken.total WHEN 1 THEN 'row' ELSE 'rows' END,
            broken.relation, broken.ids, CASE WHEN broken.total > 5 THEN ', ...' END
        );
    END LOOP;
    IF report IS NOT NULL THEN
        app := (
            SELECT n.nspname
            FROM todo_internal.extension AS e
            JOIN pg_namespace AS n ON n.oid = e.extnamespace
            WHERE e.extname = 'todo'
        );
        IF first.rule IS NULL THEN
            RAISE EXCEPTION 'rows break rules of todo: %', report[1]
                USING ERRCODE = 'check_violation', SCHEMA = app, TABLE = first.relation, COLUMN = first.attribute,
                    DETAIL = array_to_string(report, E'\n'), HINT = hint;
        END IF;
        RAISE EXCEPTION 'rows break rules of todo: %', report[1]
            USING ERRCODE = CASE first.rule WHEN 'ix_users_email_folded' THEN 'unique_violation' ELSE 'check_violation' END,
                SCHEMA = app, TABLE = first.relation, COLUMN = first.attribute, CONSTRAINT = first.rule,
                DETAIL = array_to_string(report, E'\n'), HINT = hint;
    END IF;
END
$$$statement$,
$statement$UPDATE @extschema@.users AS u
SET name = todo_internal.trimmed(u.name),
    is_active = coalesce(u.is_active, true),
    email_verified = coalesce(u.email_verified, false)
WHERE u.name <> todo_internal.trimmed(u.name)
   OR u.is_active IS NULL
   OR u.email_verified IS NULL$statement$,
$statement$UPDATE @extschema@.tasks AS t
SET title = todo_internal.trimmed(t.title),
    completed = coalesce(t.completed, t.completed_at IS NOT NULL),
    completed_at = CASE WHEN coalesce(t.completed, t.completed_at IS NOT NULL) THEN coalesce(t.completed_at, t.updated_at) END
WHERE t.title <> todo_internal.trimmed(t.title)
   OR t.completed IS NULL
   OR t.completed <> (t.completed_at IS NOT NULL)$statement$,
$statement$SELECT todo_internal.fire(true)$statement$,
$statement$DROP FUNCTION todo_internal.fire(boolean)$statement$,
$statement$DO $$
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
$$$statement$,
$statement$DROP FUNCTION todo_internal.target(), todo_internal.specified()$statement$
            ] ELSE '{}' END
            LOOP
                step := replace(step, '@extschema@', home);
                IF step ~ '^DO ' THEN
                    -- An error would show all of a DO statement.
                    EXECUTE 'CREATE FUNCTION todo_internal.adopt() RETURNS void LANGUAGE plpgsql AS ' || substr(step, 4);
                    EXECUTE 'SELECT todo_internal.adopt()';
                    EXECUTE 'DROP FUNCTION todo_internal.adopt()';
                ELSE
                    EXECUTE step;
                END IF;
            END LOOP;
            CONTINUE;
        END IF;
        IF is_update OR is_adoption THEN
            -- What is there stays: a schema, tables of helpers, and rights (which a DO block takes from new tables).
            CONTINUE WHEN statement ~ '^(DO|REVOKE ALL ON (TABLE|SEQUENCE)) ' OR is_update AND statement ~ '^CREATE SCHEMA'
                OR is_update AND to_regclass(substring(statement FROM '^CREATE TABLE (todo_internal[.]\w+)')) IS NOT NULL
                OR is_update AND EXISTS (
                    SELECT
                    FROM pg_trigger AS t
                    WHERE t.tgname = substring(statement FROM '^CREATE TRIGGER (\w+)')
                      AND t.tgrelid = to_regclass(substring(statement FROM ' ON (todo_internal[.]\w+)'))
                );
            -- The application's tables are made once more as patterns, which expect() describes and drops.
            IF statement ~ '^(CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)|ALTER TABLE|SELECT todo_internal[.]expect[(])' THEN
                place := 'todo_internal';
            END IF;
        END IF;
        IF is_update THEN
            statement := regexp_replace(statement, '^CREATE (FUNCTION|VIEW)', 'CREATE OR REPLACE \1');
        END IF;
        EXECUTE replace(replace(statement, '@extschema@', place), '@pgcrypto@', quote_ident(before.pgcrypto));
    END LOOP;
    -- Between the look for pgcrypto and now, another schema could have taken its name.
    IF EXISTS (SELECT FROM todo_internal.not_of_pgcrypto()) THEN
        RAISE EXCEPTION 'the schema of pgcrypto has changed' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the script again.';
    END IF;
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO left_over
    FROM pg_proc AS p
    WHERE p.oid = ANY (other_functions) AND format('%s %s', p.oid, p.ctid) <> ALL (place_of_other);
    IF left_over IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has %', home, left_over
            USING ERRCODE = 'duplicate_function', HINT = 'Drop it, or give it another name: this version has a function of the same name and arguments.';
    END IF;
    -- By their arguments, as the application may have functions of the same name.
    UPDATE todo_internal.installed AS i
    SET functions = ARRAY(
        SELECT CASE p.pronamespace WHEN home::regnamespace THEN '' ELSE 'todo_internal.' END || todo_internal.signature(p.oid)
        FROM pg_proc AS p
        WHERE (
                p.pronamespace = home::regnamespace AND p.proname = ANY (made) AND p.oid <> ALL (other_functions)
                -- Not what other parts have there.
                OR p.pronamespace = 'todo_internal'::regnamespace AND p.proname !~ '^expected_todo_'
            )
          AND format('%s %s', p.oid, p.ctid) <> ALL (old_functions)
    )
    WHERE i.name = 'todo';
    IF is_adoption THEN
        -- What the functions would refuse to run with.
        PERFORM todo_internal.refuse_foreign_code_at(format('%s.%I', home, t.name)::regclass, NULL, NULL)
        FROM (VALUES ('users'), ('tasks')) AS t (name);
    END IF;

    IF is_update THEN
        FOREACH statement IN ARRAY ARRAY[
$statement$CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.* FROM todo_internal.expected_todo() AS e
$$$statement$,
$statement$DO $$
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
$$$statement$,
$statement$DROP FUNCTION todo_internal.target()$statement$
        ]
        LOOP
            EXECUTE replace(statement, '@extschema@', home);
        END LOOP;
        -- All at once, as one can be bound to another.
        SELECT string_agg(p.oid::regprocedure::text, ', ') INTO left_over
        FROM pg_proc AS p
        WHERE format('%s %s', p.oid, p.ctid) = ANY (old_functions);
        IF left_over IS NOT NULL THEN
            EXECUTE 'DROP FUNCTION ' || left_over;
        END IF;
    END IF;
    PERFORM todo_internal.own('todo', present);
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true);
END
$todo$;
