-- The install script of this version. sql/expand.sh puts it together from the files in sql/, which hold one object each.
-- The session's settings must not change what names and literals mean here, nor how definitions are printed.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Lengths are counted in Unicode characters, so the database must have a Unicode encoding.
DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'extension todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported';
    END IF;
END
$$;
-- Tables of these names that exist already can be adopted. PostgreSQL's own error would not say so.
DO $$
DECLARE
    app CONSTANT pg_catalog.name := (
        SELECT n.nspname
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    );
    found record;
BEGIN
    SELECT
        pg_catalog.string_agg(c.relname, ' and ' ORDER BY c.relname DESC) AS names,
        pg_catalog.max(c.relname::pg_catalog.text) AS first,
        pg_catalog.count(*) AS total,
        pg_catalog.count(*) FILTER (WHERE c.relkind OPERATOR(pg_catalog.=) 'r') AS tables
    INTO found
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) app
      AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['users', 'tasks']::pg_catalog.name[]);
    IF found.total OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION 'schema % already has %',
            app, CASE WHEN found.total OPERATOR(pg_catalog.=) 1 THEN 'a relation ' ELSE 'the relations ' END OPERATOR(pg_catalog.||) found.names
            USING ERRCODE = 'duplicate_table', SCHEMA = app, TABLE = found.first,
                HINT = CASE
                    WHEN found.tables OPERATOR(pg_catalog.=) 2 THEN pg_catalog.format(
                        'To take these tables over with their rows, run CREATE EXTENSION todo SCHEMA %I VERSION ''adopt'' and then '
                        'ALTER EXTENSION todo UPDATE, or todo-admin adopt. To create new tables, name another schema.', app
                    )
                    ELSE 'The extension either creates both tables or adopts both. Rename or drop the existing one, or name another schema.'
                END;
    END IF;
END
$$;

-- What must exist before the tables: a schema for helpers, and functions that describe tables.
-- A schema for helper objects that are not part of the API. In the application's schema, tools would report these as changes.
CREATE SCHEMA todo_internal;
-- Takes all rights on a schema from everyone but its owner. ALTER DEFAULT PRIVILEGES may have given some when the schema was created,
-- and scripts trust what they find in it. PostgreSQL notes the change as the extension's, also where the schema does not belong to the
-- extension. It is then the database's own, and dumps must include it.
CREATE FUNCTION todo_internal.reserve(
    schema regnamespace
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_own CONSTANT boolean := NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = schema AND d.deptype = 'e'
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
$$;

COMMENT ON FUNCTION todo_internal.reserve(regnamespace) IS
    'Takes all rights on a schema from everyone but its owner';

REVOKE ALL ON FUNCTION todo_internal.reserve(regnamespace) FROM PUBLIC;
SELECT todo_internal.reserve('todo_internal');
-- Returns what relations are like, a row for each fact in the catalogs. It only prints what the catalogs say, and runs nothing that
-- someone attached to the tables. So it can safely look at tables of other roles.
-- Rows and definitions call the schema home @, so that the same tables have the same rows in any schema.
-- kind is one of column, default, constraint, index, trigger, function (which a trigger calls), dependence of index, dependence of
-- trigger (an extension with which it would be dropped), storage, access method, sequence, sequence options and sequence
-- cache. weakness is set if a part has its definition but does not fully work, such as a disabled trigger. place is the position of a column.
CREATE FUNCTION todo_internal.described(
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
            format(' ON %s.%I ', r.relnamespace::regnamespace, r.relname) AS target,
            CASE WHEN r.relnamespace = home THEN format(' ON @.%I ', r.relname) END AS target_at_home,
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
                    (
                        'sequence',
                        format('%s from %s to %s by %s', s.seqtypid::regtype, s.seqmin, s.seqmax, s.seqincrement)
                            || CASE WHEN s.seqcycle THEN ', cycling' ELSE '' END
                    ),
                    (
                        'sequence options',
                        format('start %s', s.seqstart) || coalesce(
                            (
                                SELECT format(', owned by %s.%s', o.relname, a.attname)
                                FROM pg_depend AS d
                                JOIN pg_class AS o ON o.oid = d.refobjid
                                JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                                WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
                                  AND d.refclassid = 'pg_class'::regclass
                            ),
                            ''
                        )
                    ),
                    ('sequence cache', s.seqcache::text)
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
                replace(pg_get_indexdef(i.indexrelid), c.target, coalesce(c.target_at_home, c.target)),
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
                    'trigger', replace(pg_get_triggerdef(t.oid), c.target, coalesce(c.target_at_home, c.target)),
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
-- Returns a definition of described() with the name of the schema in place of @, so that it can run. A CHECK stays as it is, because it
-- names no relation.
CREATE FUNCTION todo_internal.located(
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
END;

COMMENT ON FUNCTION todo_internal.located(text, regnamespace) IS
    'Returns a definition of described(), with the name of the schema in place of @';

REVOKE ALL ON FUNCTION todo_internal.located(text, regnamespace) FROM PUBLIC;
-- Creates or replaces a function without arguments that returns what tables of an extension are like now, as described() prints it. From
-- that function the extension knows what its tables must be like. So call it only when the files of sql/tables/ and sql/triggers/ have
-- just made the tables. (Nobody else can have put a function of this name into this schema.)
-- The argument tables is the schema of these tables. Of tables in the schema of todo, the triggers that call the given extension's
-- functions are included. Tables in todo_internal are patterns that an upgrade script made for this call, so they are dropped.
CREATE FUNCTION todo_internal.expect(
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
        WHERE e.extname = extension AND c.relnamespace = tables
    );
    triggers CONSTANT text[] := ARRAY(
        SELECT t.tgrelid || ' ' || t.tgname
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_trigger AS t ON d.classid = 'pg_proc'::regclass AND t.tgfoid = d.objid
        JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE e.extname = extension AND c.relnamespace IN (tables, home)
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
-- The tables with their columns, defaults, constraints and indexes. With triggers.sql, this is the only place that says what they are
-- like. Upgrade scripts make pattern tables from the same files, see upgrade/patterns.sql.
-- Times are UTC. Tables and columns have no comments, because Alembic's autogenerate would report them as changes.
CREATE TABLE @extschema@.users (
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

-- For WHERE email = ..., with the address exactly as it was stored.
CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);

REVOKE ALL ON TABLE @extschema@.users FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.users', '');
-- These enforce the rules of src/rules.rs where triggers do not run.
ALTER TABLE @extschema@.users
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

-- No two users have addresses that differ only in ASCII letter case.
CREATE UNIQUE INDEX ix_users_email_folded ON @extschema@.users (pg_catalog.lower(email COLLATE pg_catalog."C"));
CREATE TABLE @extschema@.tasks (
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
);

CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id);
CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed);
CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at);

REVOKE ALL ON TABLE @extschema@.tasks FROM PUBLIC;
REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks_id_seq', '');
-- These enforce the rules of src/rules.rs where triggers do not run.
ALTER TABLE @extschema@.tasks
    ADD CONSTRAINT tasks_title_check CHECK (pg_catalog.btrim(title) OPERATOR(pg_catalog.<>) ''),
    ADD CONSTRAINT tasks_description_check CHECK (pg_catalog.char_length(description) OPERATOR(pg_catalog.<=) 1000);
-- The tables' triggers, and the functions that these call.
CREATE FUNCTION todo_internal.users_before_row()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_users_before_row';

COMMENT ON FUNCTION todo_internal.users_before_row() IS
    'Normalizes a new row of users and refuses one that breaks a rule';

REVOKE ALL ON FUNCTION todo_internal.users_before_row() FROM PUBLIC;
CREATE FUNCTION todo_internal.tasks_before_row()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_tasks_before_row';

COMMENT ON FUNCTION todo_internal.tasks_before_row() IS
    'Normalizes a new row of tasks and refuses one that breaks a rule';

REVOKE ALL ON FUNCTION todo_internal.tasks_before_row() FROM PUBLIC;
-- Triggers fire in the order of their names. This one fires after an application's own, and checks the row that they leave.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.users
    FOR EACH ROW EXECUTE FUNCTION todo_internal.users_before_row();
-- Triggers fire in the order of their names. This one fires after an application's own, and checks the row that they leave.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
-- The tables must stay as they are now. todo_check(), the guard and upgrade scripts read this from expected_todo().
SELECT todo_internal.expect('expected_todo', 'todo', '@extschema@');
-- ALTER DEFAULT PRIVILEGES may have given rights on the new tables. Only the owner keeps any.
DO $$
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
$$;
-- The rights on the tables belong to the database, and dumps must include them. But PostgreSQL regards the grants in an extension's
-- script, and those on an object that joins an extension, as the extension's own, and pg_dump would leave them out.
DELETE FROM pg_catalog.pg_init_privs AS p
WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  AND p.objoid OPERATOR(pg_catalog.=) ANY (ARRAY[
      '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
      '@extschema@.tasks_id_seq'::pg_catalog.regclass
  ]);

-- From 17 on, PostgreSQL also records the roles that these grants name.
DELETE FROM pg_catalog.pg_shdepend AS d
WHERE d.dbid OPERATOR(pg_catalog.=) (
      SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  )
  AND d.deptype OPERATOR(pg_catalog.=) 'i'
  AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY[
      '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
      '@extschema@.tasks_id_seq'::pg_catalog.regclass
  ]);

-- Everything except the tables. Every version creates it anew, so upgrade scripts include it as well.
-- Functions that compare the tables with expected_todo(). A body after BEGIN ATOMIC is bound to the functions that it calls. So
-- todo_check() answers even if something has been renamed, but these functions must exist first.
-- Returns what the tables of extensions that build on this one must be like. An extension NAME takes part if it requires this one, and if
-- its script has created the function todo_internal.expected_NAME() with expect().
CREATE FUNCTION todo_internal.expected_of_others()
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
        FROM pg_extension AS t
        JOIN pg_depend AS r ON r.refclassid = 'pg_extension'::regclass AND r.refobjid = t.oid
        JOIN pg_extension AS e ON r.classid = 'pg_extension'::regclass AND e.oid = r.objid
        JOIN pg_depend AS m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid AND m.deptype = 'e'
        JOIN pg_proc AS f ON m.classid = 'pg_proc'::regclass AND f.oid = m.objid
        JOIN pg_depend AS s ON s.classid = 'pg_namespace'::regclass AND s.objid = f.pronamespace AND s.deptype = 'e'
        WHERE t.extname = 'todo' AND s.refclassid = 'pg_extension'::regclass AND s.refobjid = t.oid
          AND f.proname = 'expected_' || e.extname
        ORDER BY e.extname
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, f.* FROM %s AS f', other.extname, other.made);
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.expected_of_others() IS
    'Returns what the tables of extensions that build on this one must be like';

REVOKE ALL ON FUNCTION todo_internal.expected_of_others() FROM PUBLIC;
-- Returns what the tables of this extension, and of the extensions that build on it, must be like: rows as described() returns them.
-- The body is bound to functions, not to names, so that todo_check() answers even if something has been renamed.
CREATE FUNCTION todo_internal.expected()
RETURNS TABLE (extension text, schema text, relation text, kind text, name text, definition text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'todo', e.* FROM todo_internal.expected_todo() AS e
    UNION ALL
    SELECT o.* FROM todo_internal.expected_of_others() AS o;
END;

COMMENT ON FUNCTION todo_internal.expected() IS
    'Returns what the tables of this extension and of those that build on it must be like';

REVOKE ALL ON FUNCTION todo_internal.expected() FROM PUBLIC;
-- Returns the names of this extension and of those that build on it: they require it, and take part in expected().
CREATE FUNCTION todo_internal.extensions()
RETURNS SETOF name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT e.extension::name FROM todo_internal.expected() AS e;
END;

COMMENT ON FUNCTION todo_internal.extensions() IS
    'Returns the names of this extension and of those that build on it';

REVOKE ALL ON FUNCTION todo_internal.extensions() FROM PUBLIC;
-- Compares what the tables must be like with what they are like. There is a row for each fact of expected(), with what described() finds
-- (found is NULL if it finds nothing), and a row for each further fact that described() finds (extension is NULL). relid is NULL if there
-- is no relation of that name. Definitions have the schema's name.
CREATE FUNCTION todo_internal.compared()
RETURNS TABLE (
    extension text, relid oid, relation text, kind text, name text, expected text, found text, weakness text, place bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH home AS (
        SELECT e.extnamespace AS oid FROM pg_extension AS e WHERE e.extname = 'todo'
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
END;

COMMENT ON FUNCTION todo_internal.compared() IS
    'Compares what the tables must be like with what they are like: one row for each fact';

REVOKE ALL ON FUNCTION todo_internal.compared() FROM PUBLIC;
-- The role that owns the extension's tables, view and functions. It can do nothing else, so functions with its rights reach
-- only these objects. Like every role it belongs to the cluster: all databases share it, and it stays when the extension is dropped.
DO $$
DECLARE
    owner record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) 'todo_owner') THEN
        BEGIN
            CREATE ROLE todo_owner NOLOGIN;
        EXCEPTION
            -- Another database's installation made it at the same time.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;

    SELECT r.* INTO STRICT owner FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) 'todo_owner';
    IF owner.rolcanlogin OR owner.rolsuper OR owner.rolcreaterole OR owner.rolcreatedb OR owner.rolreplication OR owner.rolbypassrls
        OR EXISTS (
            SELECT
            FROM pg_catalog.pg_auth_members AS m
            JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) m.member
            WHERE m.member OPERATOR(pg_catalog.=) owner.oid
               OR (m.roleid OPERATOR(pg_catalog.=) owner.oid AND NOT r.rolsuper)
        )
    THEN
        RAISE EXCEPTION 'role todo_owner is not fit to own the tables of extension todo'
            USING ERRCODE = 'insufficient_privilege',
                DETAIL = 'It must have no attribute such as LOGIN or CREATEROLE, be a member of no role, and have only superusers as members.',
                HINT = 'Rename the role, or remove these attributes and memberships. CREATE EXTENSION creates the role if it does not exist.';
    END IF;
END
$$;
-- Users as the functions return them: every column except the hash. A role that may read the view needs no rights on the table.
CREATE VIEW @extschema@.todo_users AS
    SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
    FROM @extschema@.users AS u;

REVOKE ALL ON TABLE @extschema@.todo_users FROM PUBLIC;
-- Returns the rows of todo_not_in_dumps(): what has been added to the tables, views and sequences of some extensions.
-- made has the constraints and indexes that the extensions made themselves, each as the names of table and part with a space between. (Their
-- triggers call functions of theirs.)
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
        WHERE c.relkind IN ('r', 'v', 'S')
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
    ), table_column AS (
        SELECT a.*, to_jsonb(a) AS settings, t.name AS table_name
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
                CASE WHEN t.relrowsecurity THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) END,
                CASE WHEN t.relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END
            )
        FROM tab AS t
        WHERE t.relrowsecurity OR t.relforcerowsecurity
        UNION ALL
        -- For example security_invoker: without it, a view shows what its owner may see.
        SELECT 3, t.name, 'options', CASE t.relkind WHEN 'v' THEN 'error' ELSE 'warning' END,
            format('ALTER %s %s SET (%s)', t.kind, t.name, string_agg(format('%s=%L', o.name, o.value), ', ' ORDER BY o.name))
        FROM tab AS t
        CROSS JOIN LATERAL (
            SELECT quote_ident(p.option_name) AS name, p.option_value AS value
            FROM pg_options_to_table(t.reloptions) AS p
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
        SELECT 5, t.name, format('owner %I', r.rolname), 'warning', format('ALTER %s %s OWNER TO %I', t.kind, t.name, r.rolname)
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
                    CASE WHEN c.attoptions IS NOT NULL THEN
                        format('ALTER COLUMN %I SET (%s)', c.attname, array_to_string(c.attoptions, ', '))
                    END
                )
            )
        FROM table_column AS c
        JOIN pg_type AS y ON y.oid = c.atttypid
        JOIN tab AS t ON t.oid = c.attrelid AND t.relkind = 'r'
        WHERE (c.settings ->> 'attstattarget')::integer >= 0
           OR c.attstorage <> y.typstorage
           OR c.attcompression IN ('p', 'l')
           OR c.attoptions IS NOT NULL
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
            concat(
                format('ALTER PUBLICATION %I ADD TABLE %s', b.pubname, t.name),
                (
                    SELECT format(' (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                    FROM pg_attribute AS a
                    WHERE a.attrelid = p.prrelid AND a.attnum = ANY (p.prattrs::smallint[])
                    HAVING count(*) > 0
                ),
                ' WHERE (' || pg_get_expr(p.prqual, p.prrelid) || ')'
            )
        FROM tab AS t
        JOIN pg_publication_rel AS p ON p.prrelid = t.oid
        JOIN pg_publication AS b ON b.oid = p.prpubid
        UNION ALL
        SELECT 17, o.relation, concat_ws(' on ', 'comment', o.what), 'warning', format('COMMENT ON %s IS %L', o.target, d.description)
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
-- Says which rule of its column ('users.email', 'tasks.title', ...) a value breaks; NULL if none.
-- Errors: 42703 there is no rule for this column.
CREATE FUNCTION todo_internal.broken_rule(
    column_name text,
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_rule';

COMMENT ON FUNCTION todo_internal.broken_rule(text, text) IS
    'Says which rule of its column a value breaks';

REVOKE ALL ON FUNCTION todo_internal.broken_rule(text, text) FROM PUBLIC;
-- Says which rule of its column ('users.created_at', 'tasks.completed_at', ...) a time breaks; NULL if none.
-- Errors: 42703 there is no rule for this column.
CREATE FUNCTION todo_internal.broken_time(
    column_name text,
    value timestamp
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_time';

COMMENT ON FUNCTION todo_internal.broken_time(text, timestamp) IS
    'Says which rule of its column a time breaks';

REVOKE ALL ON FUNCTION todo_internal.broken_time(text, timestamp) FROM PUBLIC;
-- Returns the extensions' objects whose initial privileges name a role that has been dropped since. A dump then holds a REVOKE from a role
-- that is only a number, and cannot be restored.
CREATE FUNCTION todo_internal.dangling_grants()
RETURNS TABLE (classoid oid, objoid oid, objsubid integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT p.classoid, p.objoid, p.objsubid
    FROM pg_init_privs AS p
    JOIN pg_depend AS d ON d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e'
    JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
    WHERE e.extname IN (SELECT x FROM todo_internal.extensions() AS x)
      AND EXISTS (
          SELECT
          FROM aclexplode(p.initprivs) AS a
          WHERE (a.grantee <> 0 AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee))
             OR NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantor)
      );
END;

COMMENT ON FUNCTION todo_internal.dangling_grants() IS
    'Returns objects whose initial privileges name roles that have been dropped';

REVOKE ALL ON FUNCTION todo_internal.dangling_grants() FROM PUBLIC;
-- Removes dropped roles, and the given role if there is one, from the initial privileges of the extensions' objects.
-- Errors: 42501 there is something to remove, and the caller is not a superuser.
CREATE FUNCTION todo_internal.forget_roles(
    also name DEFAULT NULL
)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH kept AS (
        SELECT p.ctid AS place, p.initprivs,
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
    )
    UPDATE pg_init_privs AS p
    SET initprivs = k.items
    FROM kept AS k
    WHERE p.ctid = k.place AND cardinality(k.items) < cardinality(k.initprivs)
$$;

COMMENT ON FUNCTION todo_internal.forget_roles(name) IS
    'Removes roles that have been dropped from the initial privileges of the extensions'' objects';

REVOKE ALL ON FUNCTION todo_internal.forget_roles(name) FROM PUBLIC;
-- Gives the role todo_owner what it needs besides its own objects: USAGE on the schema of an extension, and SELECT on users, for the
-- views, if another role owns that table. (If that role owned the views, it could put functions into them.) A superuser calls it at the
-- end of the extensions' scripts.
--
-- PostgreSQL regards every grant in an extension's script as a part of the extension, and dumps leave these out. But a grant on an object
-- that does not belong to the extension belongs to the database. So this function restores the initial privileges that were recorded
-- before (by initdb, for schema public).
CREATE FUNCTION todo_internal.grant_to_owner(
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
    -- From 17 on it notes the roles that they name.
    DELETE FROM pg_shdepend AS d
    WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
      AND d.deptype = 'i'
      AND (d.classid, d.objid) IN (('pg_namespace'::regclass, app), ('pg_class'::regclass, users))
      AND (d.refclassid, d.refobjid) = ('pg_authid'::regclass, 'todo_owner'::regrole);
END
$$;

COMMENT ON FUNCTION todo_internal.grant_to_owner(text) IS
    'Gives the role todo_owner what it needs besides its own objects';

REVOKE ALL ON FUNCTION todo_internal.grant_to_owner(text) FROM PUBLIC;
-- Returns the version of the library that this session has loaded, whatever version the SQL has.
CREATE FUNCTION todo_internal.library_version()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_library_version';

COMMENT ON FUNCTION todo_internal.library_version() IS
    'Returns the version of the library that this session has loaded';

REVOKE ALL ON FUNCTION todo_internal.library_version() FROM PUBLIC;
-- Returns the functions that belong to the extension.
CREATE FUNCTION todo_internal.member_functions()
RETURNS SETOF oid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.objid
    FROM pg_depend AS d
    JOIN pg_extension AS e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_proc'::regclass
      AND d.refclassid = 'pg_extension'::regclass
      AND d.deptype = 'e'
      AND e.extname = 'todo'
$$;

COMMENT ON FUNCTION todo_internal.member_functions() IS
    'Returns the functions that belong to the extension';

REVOKE ALL ON FUNCTION todo_internal.member_functions() FROM PUBLIC;
-- Makes the role todo_owner the owner of an extension's views, of its functions that run with the owner's rights, and of its tables that
-- belong to a superuser. All other objects still belong to a superuser: they run with the rights of their caller, or of the role whose
-- command fires them, so their owner could run code as any of these roles.
-- Also takes all rights on these objects from everyone else, because ALTER DEFAULT PRIVILEGES may have given some. Only the tables users
-- and tasks keep their rights, because they may be older than the extension. A superuser calls it at the end of the extensions' scripts.
CREATE FUNCTION todo_internal.own(
    extension text
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
        SELECT m.kind, m.identity, m.owner, m.acl, m.is_table, m.is_for_owner, m.is_helper
        FROM pg_depend AS d
        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
        CROSS JOIN LATERAL (
            SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS identity, p.proowner AS owner,
                coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, false AS is_table, p.prosecdef AS is_for_owner,
                NOT p.prosecdef AND (p.pronamespace = 'todo_internal'::regnamespace OR p.proname = 'todo_not_in_dumps') AS is_helper
            FROM pg_proc AS p
            WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            UNION ALL
            SELECT 'SCHEMA', quote_ident(n.nspname), n.nspowner, n.nspacl, false, false, true
            FROM pg_namespace AS n
            WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, c.relkind = 'r',
                c.relkind = 'v' OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = c.relowner), false
            FROM pg_class AS c
            WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        ) AS m
        WHERE e.extname = own.extension
    LOOP
        -- The sequence of a table's ids goes with the table.
        IF member.is_for_owner THEN
            EXECUTE format('ALTER %s %s OWNER TO todo_owner', member.kind, member.identity);
        END IF;
        CONTINUE WHEN member.is_table AND extension = 'todo';
        -- PUBLIC in any case, so that PostgreSQL notes the rights of the new owner as those that the extension gives.
        FOR grantee IN
            SELECT 'PUBLIC'
            UNION
            SELECT quote_ident(r.rolname)
            FROM aclexplode(member.acl) AS a
            JOIN pg_roles AS r ON r.oid = a.grantee
            WHERE a.grantee NOT IN (member.owner, 'todo_owner'::regrole)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', member.kind, member.identity, grantee);
        END LOOP;
        -- What functions with the owner's rights call.
        IF member.is_helper THEN
            EXECUTE format(
                'GRANT %s ON %s %s TO todo_owner', CASE member.kind WHEN 'SCHEMA' THEN 'USAGE' ELSE 'EXECUTE' END, member.kind, member.identity
            );
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.own(text) IS
    'Makes todo_owner the owner of an extension''s objects and takes all rights on them from everyone else';

REVOKE ALL ON FUNCTION todo_internal.own(text) FROM PUBLIC;
-- Returns three ids of tasks, from the tables in the extension's schema: the one that the sequence gives next, the nearest one from there
-- on that is already taken, and the largest one. Runs with the rights of the tables' owner, so that a superuser who calls it runs nothing
-- that the owner has attached to the tables.
-- Errors: any, if the table or the sequence is not as it should be.
CREATE FUNCTION todo_internal.read_task_ids(
    schema regnamespace,
    OUT next bigint,
    OUT taken integer,
    OUT largest integer
)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_read_task_ids';

COMMENT ON FUNCTION todo_internal.read_task_ids(regnamespace) IS
    'Returns the next task id, the nearest one after it that is taken, and the largest one';

REVOKE ALL ON FUNCTION todo_internal.read_task_ids(regnamespace) FROM PUBLIC;
-- Fails if a trigger of someone else could run with the rights of the owner of an extension's table when a row is written, or is deleted
-- by a foreign key. Locks the table for writing. Functions that run with that owner's rights call it.
-- Errors: 55000.
CREATE FUNCTION todo_internal.refuse_foreign_code(
    written regclass
)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_refuse_foreign_code';

COMMENT ON FUNCTION todo_internal.refuse_foreign_code(regclass) IS
    'Fails if a trigger of someone else could run with the rights of a table''s owner';

REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code(regclass) FROM PUBLIC;
-- Returns the extension's schema as SQL text, quoted if necessary, to a caller who may grant to the role.
-- Errors: 23502 role is NULL; 42704 no such role (PUBLIC is not a role); 0LP01 the role is todo_owner;
-- 42501 the caller does not own the extension's tables.
CREATE FUNCTION todo_internal.schema_for_grants(
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
    RETURN app::regnamespace::text;
END
$$;

COMMENT ON FUNCTION todo_internal.schema_for_grants(text) IS
    'Returns the schema of the extension to a caller who may grant to the role';

REVOKE ALL ON FUNCTION todo_internal.schema_for_grants(text) FROM PUBLIC;
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
            to_jsonb(k) - '{oid,conindid,convalidated}'::text[]
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
            ('option', 'row security', r.relrowsecurity),
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
            ('option', a.attoptions::text)
    ) AS f (kind, definition)
    WHERE r.relkind = 'r' AND f.definition IS NOT NULL
    UNION ALL
    SELECT r.oid, 'sequence', r.relname, to_jsonb(s)::text
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
-- Returns rights with which a role could read hashes, set passwords or run its code with the rights of the tables' owner, if neither
-- todo_grant nor grant() of an extension that builds on this one gives them. Each row has the role, the rights, and the statement that
-- revokes them. Rights of owners and superusers are left out.
CREATE FUNCTION todo_internal.stray_rights()
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
        SELECT a.grantee, format('%s of column hashed_password', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
            format(
                'REVOKE %s ON TABLE %s FROM', string_agg(a.privilege_type || ' (hashed_password)', ', ' ORDER BY a.privilege_type),
                r.oid::regclass
            )
        FROM relation AS r
        JOIN pg_attribute AS t ON t.attrelid = r.oid AND t.attname = 'hashed_password' AND t.attnum > 0
        CROSS JOIN LATERAL aclexplode(t.attacl) AS a
        WHERE r.extname = 'todo' AND a.grantee <> r.relowner
        GROUP BY a.grantee, r.oid
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
-- Returns what read_task_ids() finds, or in problem why it fails: always one row.
CREATE FUNCTION todo_internal.task_ids(
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
$$;

COMMENT ON FUNCTION todo_internal.task_ids(regnamespace) IS
    'Returns what read_task_ids() finds, or why it fails';

REVOKE ALL ON FUNCTION todo_internal.task_ids(regnamespace) FROM PUBLIC;
-- Returns a text without the Unicode white space at both ends, which is how titles and names are stored.
CREATE FUNCTION todo_internal.trimmed(
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_trimmed';

COMMENT ON FUNCTION todo_internal.trimmed(text) IS
    'Returns a text without white space at both ends';

REVOKE ALL ON FUNCTION todo_internal.trimmed(text) FROM PUBLIC;
-- todo_check() calls these. Its body is bound to them, so they must exist first.
-- Returns what pg_dump leaves out because the tables belong to an extension: a row for each object or setting that the application has
-- added to a table, view or sequence of this extension, or of one that builds on it. ddl makes it again after a restore; the rows are
-- in an order in which these statements can run. severity is 'error' if a restore without it shows someone more than before, otherwise
-- 'warning'. Reads only catalogs: it neither executes nor plans anything that it prints.
-- Runs with the owner's rights: the caller needs no rights on the functions that this one calls.
CREATE FUNCTION @extschema@.todo_not_in_dumps()
RETURNS TABLE (object text, severity text, ddl text)
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT a.object, a.severity, a.ddl
    FROM (
        SELECT array_agg(DISTINCT e.extension) AS extensions,
            array_agg(format('%s %s', e.relation, e.name)) FILTER (WHERE e.kind IN ('constraint', 'index')) AS made
        FROM todo_internal.expected() AS e
    ) AS w
    CROSS JOIN LATERAL todo_internal.additions(w.extensions, w.made) AS a;
END;

COMMENT ON FUNCTION @extschema@.todo_not_in_dumps() IS
    'Returns additions to the extension''s tables that dumps leave out, with the statements that make them again';

REVOKE ALL ON FUNCTION @extschema@.todo_not_in_dumps() FROM PUBLIC;
-- Checks the columns of the tables and their defaults, for todo_check().
CREATE FUNCTION todo_internal.check_columns()
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
    SELECT format('column %s.%s', f.relation, f.name), false, 'not the extension''s; a dump cannot be restored',
        format('move it to a table of your own; SET todo.guard = off; ALTER TABLE %s DROP COLUMN %I', f.relid::regclass, f.name)
    FROM fact AS f
    WHERE f.kind = 'column' AND f.extension IS NULL
    UNION ALL
    SELECT format('default of %s.%s', f.relation, f.name), (f.found = f.expected) IS TRUE, coalesce(f.found, 'none'),
        format(
            'SET todo.guard = off; ALTER TABLE %s ALTER COLUMN %I %s', f.relid::regclass, f.name,
            CASE f.expected WHEN 'none' THEN 'DROP DEFAULT' ELSE 'SET DEFAULT ' || f.expected END
        )
    FROM fact AS f
    WHERE f.kind = 'default' AND f.extension IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_columns() IS
    'Checks the columns of the tables and their defaults';

REVOKE ALL ON FUNCTION todo_internal.check_columns() FROM PUBLIC;
-- Checks what dumps leave out, for todo_check(). It is a fault if a restore without it shows someone more than before.
CREATE FUNCTION todo_internal.check_dumps()
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
END;

COMMENT ON FUNCTION todo_internal.check_dumps() IS
    'Checks whether a restore would show someone more than before';

REVOKE ALL ON FUNCTION todo_internal.check_dumps() FROM PUBLIC;
-- Checks whether the guard is on, for todo_check().
CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'guard', t.missing IS NULL AND t.disabled IS NULL AND s.setting,
        CASE
            WHEN t.missing THEN 'the event trigger is missing'
            WHEN t.disabled IS NOT NULL THEN 'the event trigger is disabled, or not always enabled'
            WHEN NOT s.setting THEN 'todo.guard is off'
            ELSE 'on'
        END,
        CASE
            WHEN t.missing THEN 'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
            WHEN t.disabled IS NOT NULL THEN t.disabled
            ELSE 'remove todo.guard from the settings of the server, the database and the role'
        END
    FROM (SELECT coalesce(nullif(current_setting('todo.guard', true), ''), 'on')::boolean) AS s (setting)
    CROSS JOIN (
        SELECT nullif(bool_or(e.oid IS NULL), false) AS missing,
            string_agg(format('ALTER EVENT TRIGGER %s ENABLE ALWAYS', e.evtname), '; ') FILTER (WHERE e.evtenabled <> 'A') AS disabled
        FROM (VALUES ('todo_guard'), ('todo_guard_end')) AS w (evtname)
        LEFT JOIN pg_event_trigger AS e USING (evtname)
    ) AS t;
END;

COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Checks whether the guard is on';

REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC;
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
-- Checks, for todo_check(), whether the tables and the view have suitable owners: functions run with the rights of these roles. The
-- extensions and their other objects must belong to a superuser, because other roles run these functions. A role that is no longer a
-- superuser could replace them.
CREATE FUNCTION todo_internal.check_owners()
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
    SELECT 'owner of todo_users', o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT'),
        v.relowner::regrole || CASE WHEN has_table_privilege(v.relowner, u.oid, 'SELECT') THEN '' ELSE ', without SELECT on users' END,
        format('ALTER VIEW %s OWNER TO todo_owner; GRANT SELECT ON TABLE %s TO todo_owner', v.oid::regclass, u.oid::regclass)
    FROM pg_extension AS e
    JOIN pg_class AS v ON e.extname = 'todo' AND v.relnamespace = e.extnamespace AND v.relname = 'todo_users'
    JOIN pg_roles AS o ON o.oid = v.relowner
    JOIN pg_class AS u ON u.relnamespace = e.extnamespace AND u.relname = 'users'
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
-- Checks whether the rows of the tables and the sequence are in dumps, for todo_check().
CREATE FUNCTION todo_internal.check_registration()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || c.relname, (c.oid = ANY (e.extconfig)) IS TRUE,
        CASE WHEN c.oid = ANY (e.extconfig) THEN 'rows are in dumps' ELSE 'rows are not in dumps' END,
        'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
    FROM pg_extension AS e
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace
    WHERE e.extname = 'todo'
      AND c.relname IN (SELECT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'storage');
END;

COMMENT ON FUNCTION todo_internal.check_registration() IS
    'Checks whether the rows of the tables and the sequence are in dumps';

REVOKE ALL ON FUNCTION todo_internal.check_registration() FROM PUBLIC;
-- Checks, for todo_check(), whether someone has rights that no function of the extensions gave, and whether roles that have been dropped
-- would keep a dump from being restored.
CREATE FUNCTION todo_internal.check_rights()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'rights of ' || s.role, false, s.what, s.fix
    FROM todo_internal.stray_rights() AS s
    UNION ALL
    SELECT 'rights', true, 'nobody has a right on passwords that todo_grant did not give', NULL
    WHERE NOT EXISTS (SELECT FROM todo_internal.stray_rights())
    UNION ALL
    SELECT 'grants of dropped roles', count(d.objoid) = 0,
        format('%s objects with initial privileges of roles that have been dropped; dumps with them cannot be restored', count(d.objoid)),
        'SELECT todo_internal.forget_roles()'
    FROM todo_internal.dangling_grants() AS d;
END;

COMMENT ON FUNCTION todo_internal.check_rights() IS
    'Checks whether someone has rights that no function of the extensions gave';

REVOKE ALL ON FUNCTION todo_internal.check_rights() FROM PUBLIC;
-- Checks, for todo_check(), that the tables are ordinary ones, and that their sequence has the right options.
CREATE FUNCTION todo_internal.check_storage()
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
    SELECT 'sequence ' || c.relation, c.found = c.expected, c.found,
        format('SET todo.guard = off; ALTER SEQUENCE %s AS ', c.relid::regclass)
            || regexp_replace(c.expected, '^(.*) from (.*) to (.*) by (.*)$', '\1 MINVALUE \2 MAXVALUE \3 INCREMENT \4 NO CYCLE')
    FROM fact AS c
    WHERE c.kind = 'sequence';
END;

COMMENT ON FUNCTION todo_internal.check_storage() IS
    'Checks that the tables are ordinary ones, and that their sequence has the right options';

REVOKE ALL ON FUNCTION todo_internal.check_storage() FROM PUBLIC;
-- Checks, for todo_check(), whether new tasks get free ids, and whether ids are running out.
CREATE FUNCTION todo_internal.check_task_ids()
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
    SELECT 'sequence tasks_id_seq below 75 %', i.next < 0.75 * 2147483647,
        format('%s %% of 2147483647 ids given', trunc(100 * (i.next - 1) / 2147483647, 1)),
        'plan ahead: move old tasks elsewhere before the ids run out, and RESTART the sequence in a range that has become free'
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    WHERE e.extname = 'todo' AND i.next IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_task_ids() IS
    'Checks whether new tasks get free ids, and whether ids are running out';

REVOKE ALL ON FUNCTION todo_internal.check_task_ids() FROM PUBLIC;
-- Checks the versions of the extensions and the encoding of the database, for todo_check().
CREATE FUNCTION todo_internal.check_version()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE e.extname WHEN 'todo' THEN 'version' ELSE format('version of %s', e.extname) END, e.extversion = a.default_version,
        format('%s, installed on the server: %s', e.extversion, coalesce(a.default_version, 'none')),
        CASE
            WHEN a.default_version IS NULL THEN 'install the extension''s files'
            ELSE format('ALTER EXTENSION %I UPDATE', e.extname)
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
-- Returns the active user with this address (ASCII letter case is ignored) and password. A failed login returns no row and never
-- says why: for an unknown address, a wrong password, an inactive or locked user, a malformed hash, NULL, or a password that no user
-- can have, the answer and the time it takes are the same.
-- The hash is renewed if its cost is below todo.bcrypt_cost, or if it was made from a password that was not in NFC. That is skipped
-- where it would wait for a lock, or where the transaction is read-only.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_authenticate(
    email text,
    password text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_authenticate';

COMMENT ON FUNCTION @extschema@.todo_authenticate(text, text) IS
    'Returns the active user with this address and password';

REVOKE ALL ON FUNCTION @extschema@.todo_authenticate(text, text) FROM PUBLIC;
-- Changes the password of an active user. Returns false if the current password is wrong or there is no such user.
-- Errors: 23502 an argument is NULL; 22023 the new password has fewer than 8 characters; 22001 it has more than 72 bytes;
-- 25006 the transaction is read-only; 55000 a trigger of the application kept it from being stored.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_change_password(
    user_id text,
    current_password text,
    new_password text
)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_change_password';

COMMENT ON FUNCTION @extschema@.todo_change_password(text, text, text) IS
    'Changes the password of an active user who gives the current one; false if that is wrong';

REVOKE ALL ON FUNCTION @extschema@.todo_change_password(text, text, text) FROM PUBLIC;
-- Checks whether everything is as the extension made it, and returns a row for each check. detail is what was found. fix is the SQL or
-- the step that repairs it, or NULL if nothing is wrong. Reads catalogs, the sequence and the largest task id; works on a standby.
-- It always answers: its body is bound to objects, not to names, and whatever cannot be read is reported in a row.
-- Runs with the owner's rights: the caller needs no rights on what is checked.
CREATE FUNCTION @extschema@.todo_check()
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
        SELECT 11 AS place, t.* FROM todo_internal.check_dumps() AS t
    ) AS c
    ORDER BY c.place, c.name;
END;

COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Checks whether tables, rules, guard and sequence are as the extension made them: one row for each check';

REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC;
-- Tells whether a bcrypt hash ($2a$, $2b$ or $2y$, cost 4 to 15) is that of a password, in NFC or as given. Returns false for NULL, for
-- a password of more than 72 bytes and for any other hash. Takes the time of one hash, or of two if the password is not in NFC.
-- It is volatile so that the planner does not evaluate it, and so that no HTTP gateway offers it for GET requests, which would put
-- passwords into logs.
CREATE FUNCTION @extschema@.todo_check_password(
    password text,
    hash text
)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_check_password';

COMMENT ON FUNCTION @extschema@.todo_check_password(text, text) IS
    'Tells whether a bcrypt hash is that of a password';

REVOKE ALL ON FUNCTION @extschema@.todo_check_password(text, text) FROM PUBLIC;
-- Deletes all completed tasks of a user. Returns them as they were, in no particular order.
-- Errors: 23502 user_id is NULL.
CREATE FUNCTION @extschema@.todo_clear_completed(
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_clear_completed';

COMMENT ON FUNCTION @extschema@.todo_clear_completed(text) IS
    'Deletes the completed tasks of a user and returns them as they were';

REVOKE ALL ON FUNCTION @extschema@.todo_clear_completed(text) FROM PUBLIC;
-- Marks all tasks of a user as completed, or as pending. Returns the tasks that changed, in no particular order.
-- Errors: 23502 an argument is NULL.
CREATE FUNCTION @extschema@.todo_complete_all(
    user_id text,
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_all';

COMMENT ON FUNCTION @extschema@.todo_complete_all(text, boolean) IS
    'Marks all tasks of a user as completed, or as pending, and returns those that changed';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_all(text, boolean) FROM PUBLIC;
-- Marks a task as completed, or as pending, and returns it. Returns no row if the user has no such task. A task that is already in
-- this state keeps its times.
-- Errors: 23502 an argument is NULL.
CREATE FUNCTION @extschema@.todo_complete_task(
    task_id bigint,
    user_id text,
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_task';

COMMENT ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) IS
    'Marks a user''s task as completed, or as pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) FROM PUBLIC;
-- Returns the completed tasks of a user, last completed first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_completed_tasks(
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      AND task.completed
    ORDER BY task.completed_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_completed_tasks(text) IS
    'Returns the completed tasks of a user, last completed first';

REVOKE ALL ON FUNCTION @extschema@.todo_completed_tasks(text) FROM PUBLIC;
-- Creates a pending task and returns it. The title is trimmed; an empty description is stored as NULL.
-- Errors: 23502 user_id or title is NULL; 23503 there is no such user; 22001 the title has more than 200 characters; 23514 the title is
-- empty or has control characters, or the description has more than 1000 characters or control characters.
CREATE FUNCTION @extschema@.todo_create_task(
    user_id text,
    title text,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_create_task';

COMMENT ON FUNCTION @extschema@.todo_create_task(text, text, text) IS
    'Creates a pending task and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_create_task(text, text, text) FROM PUBLIC;
-- Creates an active user, whose address is not verified yet, and returns it. The name is trimmed; address and id are kept as given.
-- Without an id, the user gets a random UUID. An application passes one if it must know the id before the user exists.
-- Errors: 23502 email, name or password is NULL; 23505 the address is taken, in any letter case, or the id is; 23514 address or
-- name break a rule, or the id is empty; 22001 address over 255 characters, name over 100 characters, id over 36 characters,
-- password over 72 bytes; 22023 password under 8 characters.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_create_user(
    email text,
    name text,
    password text,
    user_id text DEFAULT NULL
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_create_user';

COMMENT ON FUNCTION @extschema@.todo_create_user(text, text, text, text) IS
    'Creates an active user with a password, and with the given id or a new one, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_create_user(text, text, text, text) FROM PUBLIC;
-- Deletes a task and returns it as it was. Returns no row if the user has no such task.
-- Errors: 23502 task_id or user_id is NULL.
CREATE FUNCTION @extschema@.todo_delete_task(
    task_id bigint,
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_delete_task';

COMMENT ON FUNCTION @extschema@.todo_delete_task(bigint, text) IS
    'Deletes a user''s task and returns it as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_task(bigint, text) FROM PUBLIC;
-- Deletes a user with all tasks, and returns the user as it was. Returns no row if there is no such user.
-- Errors: 23502 user_id is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_delete_user(
    user_id text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_delete_user';

COMMENT ON FUNCTION @extschema@.todo_delete_user(text) IS
    'Deletes a user with all tasks and returns the user as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_user(text) FROM PUBLIC;
-- Returns the user with this address; ASCII letter case is ignored.
CREATE FUNCTION @extschema@.todo_find_user(
    email text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT u.*
    FROM @extschema@.todo_users AS u
    WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C")
        OPERATOR(pg_catalog.=) pg_catalog.lower($1 COLLATE pg_catalog."C")
$$;

COMMENT ON FUNCTION @extschema@.todo_find_user(text) IS
    'Returns the user with this address, in any letter case';

REVOKE ALL ON FUNCTION @extschema@.todo_find_user(text) FROM PUBLIC;
-- Returns the task with this id. Returns no row if the user has no such task.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_get_task(
    task_id bigint,
    user_id text
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
-- Returns the user with this id.
CREATE FUNCTION @extschema@.todo_get_user(
    user_id text
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
-- Lets a role use the extension. Call it again after an upgrade that brings new functions.
--   'api'     all functions except the administrative ones, the rows of tasks, and users without their hashes. Takes back what 'tables'
--             gave, but not what todo_auth.grant() gave
--   'tables'  the same, and also the rows of users with their hashes, and REFERENCES on both tables. For applications that write both
--             tables with their own SQL
-- The caller must own the extension's tables, or be a superuser.
-- Errors: 23502 an argument is NULL; 42704 no such role; 22023 no such access; 42501 the caller is not the owner.
CREATE FUNCTION @extschema@.todo_grant(
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
BEGIN
    IF access IS NULL THEN
        RAISE EXCEPTION 'argument access must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF access NOT IN ('api', 'tables') THEN
        RAISE EXCEPTION 'access must be api or tables' USING ERRCODE = 'invalid_parameter_value';
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
END
$$;

COMMENT ON FUNCTION @extschema@.todo_grant(text, text) IS
    'Lets a role use the functions and tasks (''api''), or the table users as well (''tables'')';

REVOKE ALL ON FUNCTION @extschema@.todo_grant(text, text) FROM PUBLIC;
-- Returns a new bcrypt hash ($2b$) of a password in NFC. todo.bcrypt_cost sets its cost.
-- Errors: 23502 password is NULL; 22023 fewer than 8 characters in NFC; 22001 more than 72 bytes in NFC.
CREATE FUNCTION @extschema@.todo_hash_password(
    password text
)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_hash_password';

COMMENT ON FUNCTION @extschema@.todo_hash_password(text) IS
    'Returns a new bcrypt hash of a password, at the cost that todo.bcrypt_cost sets';

REVOKE ALL ON FUNCTION @extschema@.todo_hash_password(text) FROM PUBLIC;
-- Returns all tasks of a user, newest first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_list_tasks(
    user_id text
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
-- Returns the pending tasks of a user, newest first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_pending_tasks(
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      AND NOT task.completed
    ORDER BY task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_pending_tasks(text) IS
    'Returns the pending tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_pending_tasks(text) FROM PUBLIC;
-- Makes both tables ordinary ones, so that DROP EXTENSION todo leaves them in place. They keep their rows, constraints, indexes and
-- grants, and lose the extension's triggers. The caller becomes their owner, except for adopted tables, which keep theirs. Call it right
-- before DROP EXTENSION.
-- Errors: 42501 the caller is not a superuser.
CREATE FUNCTION @extschema@.todo_release_tables()
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
-- Takes back all rights of a role on the extension's objects, except on tables that it owns. Also takes back USAGE on the schema (grant
-- that again if the role needs it for objects of its own) and what todo_auth.grant() gave. When a superuser calls it, it also removes the
-- role, and roles that have been dropped, from the initial privileges that PostgreSQL keeps.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 the caller does not own the tables of the extension, or those of todo_auth.
CREATE FUNCTION @extschema@.todo_revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_internal.schema_for_grants(role);
    member regprocedure;
    relation regclass;
BEGIN
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
-- Activates or deactivates a user, and returns it. A deactivated user cannot log in. Returns no row if there is no such user.
-- Errors: 23502 an argument is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_set_active(
    user_id text,
    active boolean
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_set_active';

COMMENT ON FUNCTION @extschema@.todo_set_active(text, boolean) IS
    'Activates or deactivates a user and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_set_active(text, boolean) FROM PUBLIC;
-- Sets the hash of a user, for administrators and imports; '!' locks the password. Returns the user, or no row if there is no such user.
-- Runs with the caller's rights.
-- Errors: 23502 an argument is NULL; 23514 the hash is not a bcrypt hash of cost 4 to 15.
CREATE FUNCTION @extschema@.todo_set_password_hash(
    user_id text,
    hash text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_set_password_hash';

COMMENT ON FUNCTION @extschema@.todo_set_password_hash(text, text) IS
    'Sets the bcrypt hash of a user, or locks the password with ''!'', and returns the user';

REVOKE ALL ON FUNCTION @extschema@.todo_set_password_hash(text, text) FROM PUBLIC;
-- Returns how many tasks a user has: always one row, with zeros for an unknown user.
CREATE FUNCTION @extschema@.todo_task_counts(
    user_id text
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
-- Completes a pending task, or makes a completed one pending, in one step, and returns it. Returns no row if the user has no such task.
-- Errors: 23502 task_id or user_id is NULL.
CREATE FUNCTION @extschema@.todo_toggle_task(
    task_id bigint,
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_toggle_task';

COMMENT ON FUNCTION @extschema@.todo_toggle_task(bigint, text) IS
    'Completes a user''s pending task, or makes a completed one pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_toggle_task(bigint, text) FROM PUBLIC;
-- Changes a user's task and returns it. Returns no row if the user has no such task. NULL keeps a value; '' clears the description.
-- Errors: 23502 task_id or user_id is NULL; 22001 and 23514 as in todo_create_task.
CREATE FUNCTION @extschema@.todo_update_task(
    task_id bigint,
    user_id text,
    title text DEFAULT NULL,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_update_task';

COMMENT ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) IS
    'Changes title and description of a user''s task and returns it; NULL keeps a value, an empty description clears it';

REVOKE ALL ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) FROM PUBLIC;
-- Changes a user and returns it. Returns no row if there is no such user. NULL keeps a value. An address that changes in
-- more than letter case is no longer verified.
-- Errors: 23502 user_id is NULL; 23505, 23514 and 22001 as in todo_create_user.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_update_user(
    user_id text,
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
-- Marks the current address of a user as verified, and returns the user. Returns no row if there is no such user.
-- Errors: 23502 user_id is NULL.
-- Runs with the owner's rights: the caller needs no rights on users, and must not read its hashes.
CREATE FUNCTION @extschema@.todo_verify_email(
    user_id text
)
RETURNS SETOF @extschema@.todo_users
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'todo_verify_email';

COMMENT ON FUNCTION @extschema@.todo_verify_email(text) IS
    'Marks the address of a user as verified and returns the user';

REVOKE ALL ON FUNCTION @extschema@.todo_verify_email(text) FROM PUBLIC;
CREATE FUNCTION todo_internal.guard()
RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_guard';

COMMENT ON FUNCTION todo_internal.guard() IS
    'Refuses commands that would drop users and tasks, or change the structure of their tables';

REVOKE ALL ON FUNCTION todo_internal.guard() FROM PUBLIC;

-- They fire for every command, because many commands can reach a table by a cascade.
CREATE EVENT TRIGGER todo_guard
    ON ddl_command_start
    EXECUTE FUNCTION todo_internal.guard();

CREATE EVENT TRIGGER todo_guard_end
    ON ddl_command_end
    EXECUTE FUNCTION todo_internal.guard();

-- They also fire with session_replication_role = replica.
ALTER EVENT TRIGGER todo_guard ENABLE ALWAYS;
ALTER EVENT TRIGGER todo_guard_end ENABLE ALWAYS;
-- The last step of every script that creates these objects.
SELECT todo_internal.own('todo');
SELECT todo_internal.grant_to_owner('todo');
