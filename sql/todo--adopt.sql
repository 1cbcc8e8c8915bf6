-- Version adopt: takes over tables that exist already, whatever created them (the specification's DDL, its Alembic migration, SQLModel's
-- create_all, or this extension before todo_release_tables). Nothing in them is changed, and they keep owner and grants. Then ALTER
-- EXTENSION todo UPDATE normalizes them.
SET LOCAL search_path = pg_catalog, pg_temp;

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

-- Both tables must exist.
DO $$
DECLARE
    app CONSTANT name := (
        SELECT n.nspname
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'todo'
    );
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY '{users,tasks}'::text[] LOOP
        IF to_regclass(format('%I.%I', app, wanted)) IS NULL THEN
            RAISE EXCEPTION 'there is no table % in schema % to adopt', wanted, app
                USING ERRCODE = 'undefined_table', SCHEMA = app, TABLE = wanted,
                    HINT = 'CREATE EXTENSION todo creates both tables. Its SCHEMA clause says where to look for existing ones.';
        END IF;
    END LOOP;
END
$$;

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
-- Describes what the tables are like at 0.2.0, which is the specification's form, and at this version. It creates pattern tables of both,
-- describes them and drops them. No one else can see their schema before the transaction ends.
-- Triggers are added later, because creating their functions loads the library. If the upgrade then failed, the library's guard would
-- keep this session from fixing the tables.
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

CREATE TABLE todo_internal.users (
    id VARCHAR(36) PRIMARY KEY,
    email VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL,
    hashed_password VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    is_active BOOLEAN DEFAULT TRUE,
    email_verified BOOLEAN DEFAULT FALSE
);
CREATE UNIQUE INDEX ix_users_email ON todo_internal.users (email);
CREATE TABLE todo_internal.tasks (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES todo_internal.users(id) ON DELETE CASCADE,
    title VARCHAR(200) NOT NULL,
    description TEXT,
    completed BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    completed_at TIMESTAMP
);
CREATE INDEX ix_tasks_user_id ON todo_internal.tasks (user_id);
CREATE INDEX ix_tasks_user_completed ON todo_internal.tasks (user_id, completed);
CREATE INDEX ix_tasks_created_at ON todo_internal.tasks (created_at);
SELECT todo_internal.expect('specified', 'todo', 'todo_internal');

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
ALTER TABLE todo_internal.tasks
    ADD CONSTRAINT tasks_title_check CHECK (pg_catalog.btrim(title) OPERATOR(pg_catalog.<>) ''),
    ADD CONSTRAINT tasks_description_check CHECK (pg_catalog.char_length(description) OPERATOR(pg_catalog.<=) 1000);
SELECT todo_internal.expect('expected_todo', 'todo', 'todo_internal');
-- Checks whether the tables have one of the forms of the specification (see patterns.sql). Changes nothing.

-- They must be ordinary tables.
DO $$
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
        RAISE EXCEPTION 'table % does not fit extension todo: expected an ordinary table, not a view, a partition, a child, '
            'a parent, or a typed or unlogged table', problem.relname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname;
    END IF;
END
$$;

DO $$
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
        RAISE EXCEPTION 'table % does not fit extension todo: column % is %, expected %', problem.relation, problem.name,
            CASE WHEN problem.fits THEN 'in another place' ELSE coalesce(problem.definition, 'missing') END,
            CASE WHEN problem.fits THEN 'the order of the specification' ELSE problem.wanted END
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                HINT = 'Nothing has been changed. Bring it into shape with ALTER TABLE and try again.';
    END IF;

    -- They must have no other columns, except those of later versions.
    SELECT d.relation, min(d.name) AS name, string_agg(quote_ident(d.name), ', ' ORDER BY d.place) AS columns INTO problem
    FROM todo_internal.described(home, relations) AS d
    WHERE d.kind = 'column'
      AND NOT EXISTS (
          SELECT FROM todo_internal.specified() AS s WHERE s.relation = d.relation AND s.kind = d.kind AND s.name = d.name
      )
      AND NOT EXISTS (
          SELECT FROM todo_internal.expected_todo() AS e WHERE e.relation = d.relation AND e.kind = d.kind AND e.name = d.name
      )
    GROUP BY d.relation
    ORDER BY d.relation DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: it has columns of the application: %', problem.relation, problem.columns
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                DETAIL = 'A dump of the extension''s tables with other columns could not be restored.',
                HINT = format(
                    'Nothing has been changed. Move them to a table of your own: CREATE TABLE %1$s_more AS SELECT id, '
                    '%2$s FROM %1$s; then ALTER TABLE %1$s DROP COLUMN each.',
                    problem.relation, problem.columns
                );
    END IF;

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
        SELECT s.relation, s.name, 'a serial column, with its own sequence tasks_id_seq from 1 to 2147483647 by 1',
            'ALTER SEQUENCE ... RENAME TO tasks_id_seq, AS integer, OWNED BY tasks.id; ALTER TABLE tasks ALTER COLUMN id '
                'SET DEFAULT nextval(''tasks_id_seq'')'
        FROM todo_internal.specified() AS s
        WHERE s.kind = 'default'
          AND s.definition LIKE 'nextval(%'
          AND EXISTS (
              SELECT
              FROM todo_internal.specified() AS w
              LEFT JOIN todo_internal.described(home, relations) AS d USING (schema, relation, kind, name)
              WHERE (w.kind IN ('sequence', 'sequence options') OR w.kind = s.kind AND w.relation = s.relation AND w.name = s.name)
                AND d.definition IS DISTINCT FROM w.definition
          )
    ) AS p
    ORDER BY p.relation DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: column % is expected to be %', problem.relation, problem.name, problem.wanted
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                HINT = 'Nothing has been changed. Bring it into shape first: ' || problem.hint || '.';
    END IF;
END
$$;

ALTER EXTENSION todo ADD TABLE @extschema@.users;
ALTER EXTENSION todo ADD TABLE @extschema@.tasks;
ALTER EXTENSION todo ADD SEQUENCE @extschema@.tasks_id_seq;

SELECT pg_extension_config_dump('@extschema@.users', '');
SELECT pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_extension_config_dump('@extschema@.tasks_id_seq', '');

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

-- The guard protects them from now on. (Version 0.2.0 has none.)
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
-- It always reads the state of the tables as the role todo_owner.
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
GRANT USAGE ON SCHEMA todo_internal TO todo_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA todo_internal TO todo_owner;
