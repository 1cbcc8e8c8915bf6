-- From 1.1.0 back to 1.0.0. Rows are not changed. Fails where a role is isolated, which 1.0.0 does not know.
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
SELECT todo_internal.refuse_isolation();
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
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.users
    FOR EACH ROW EXECUTE FUNCTION todo_internal.users_before_row();
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
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

-- What the tables must be like is compared with what this prints, so it has to be as this prints it.
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
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.users
    FOR EACH ROW EXECUTE FUNCTION todo_internal.users_before_row();
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_internal.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
SELECT todo_internal.expect('expected_todo', 'todo', 'todo_internal');
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

CREATE OR REPLACE FUNCTION todo_internal.forget_roles(
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

CREATE OR REPLACE FUNCTION todo_internal.check_registration()
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
    SELECT 'sequence ' || c.relation, c.found = c.expected, c.found,
        format('SET todo.guard = off; ALTER SEQUENCE %s AS ', c.relid::regclass)
            || regexp_replace(c.expected, '^(.*) from (.*) to (.*) by (.*)$', '\1 MINVALUE \2 MAXVALUE \3 INCREMENT \4 NO CYCLE')
    FROM fact AS c
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

CREATE OR REPLACE FUNCTION todo_internal.check_version()
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

-- Takes todo_current_user_id() out of the defaults of arguments. PostgreSQL has no command for that, and a function that was dropped and
-- created anew would lose its grants and break the application's views. So each function gets the defaults of a copy that is made without
-- this one.
DO $$
DECLARE
    changed record;
    copy oid;
BEGIN
    FOR changed IN
        SELECT p.oid, 'CREATE FUNCTION todo_internal.todo_copy' || replace(
                substr(
                    pg_get_functiondef(p.oid), length(format('CREATE OR REPLACE FUNCTION %s.%I', p.pronamespace::regnamespace, p.proname)) + 1
                ),
                format(' DEFAULT %s.todo_current_user_id()', p.pronamespace::regnamespace), ''
            ) AS definition
        FROM pg_proc AS p
        JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
        WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = '@extschema@.todo_current_user_id()'::regprocedure
          AND p.oid IN (SELECT todo_internal.member_functions()) AND p.pronargdefaults > 0
    LOOP
        EXECUTE changed.definition;
        copy := (SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = 'todo_internal'::regnamespace AND p.proname = 'todo_copy');
        UPDATE pg_proc AS p
        SET pronargdefaults = c.pronargdefaults, proargdefaults = c.proargdefaults
        FROM pg_proc AS c
        WHERE p.oid = changed.oid AND c.oid = copy;
        EXECUTE format('DROP FUNCTION %s', copy::regprocedure);
        DELETE FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = changed.oid
          AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = '@extschema@.todo_current_user_id()'::regprocedure;
    END LOOP;
END
$$;
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
        SELECT 11 AS place, t.* FROM todo_internal.check_dumps() AS t
    ) AS c
    ORDER BY c.place, c.name;
END;

COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Checks whether tables, rules, guard and sequence are as the extension made them: one row for each check';

REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_clear_completed(
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_clear_completed';

COMMENT ON FUNCTION @extschema@.todo_clear_completed(text) IS
    'Deletes the completed tasks of a user and returns them as they were';

REVOKE ALL ON FUNCTION @extschema@.todo_clear_completed(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_complete_all(
    user_id text,
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
    user_id text,
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_task';

COMMENT ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) IS
    'Marks a user''s task as completed, or as pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_completed_tasks(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_delete_task(
    task_id bigint,
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_delete_task';

COMMENT ON FUNCTION @extschema@.todo_delete_task(bigint, text) IS
    'Deletes a user''s task and returns it as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_task(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_delete_user(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_get_task(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_get_user(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_list_tasks(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_pending_tasks(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_task_counts(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_toggle_task(
    task_id bigint,
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_toggle_task';

COMMENT ON FUNCTION @extschema@.todo_toggle_task(bigint, text) IS
    'Completes a user''s pending task, or makes a completed one pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_toggle_task(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.todo_update_task(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_update_user(
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

CREATE OR REPLACE FUNCTION @extschema@.todo_verify_email(
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

CREATE OR REPLACE FUNCTION todo_internal.own(
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

-- The last step where the extension has had its own objects before, see present.sql.
SELECT todo_internal.own('todo', todo_internal.present());
DROP FUNCTION todo_internal.present();
DROP FUNCTION todo_internal.own(text, text[]);
DROP FUNCTION @extschema@.todo_completed_per_day(text, date, date, text);
DROP FUNCTION @extschema@.todo_create_tasks(text, jsonb);
DROP FUNCTION @extschema@.todo_export_user(text);
DROP FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text);
DROP FUNCTION @extschema@.todo_import_tasks(text, jsonb);
DROP FUNCTION @extschema@.todo_search_text(text);
DROP FUNCTION @extschema@.todo_search_words(text, text, text);
DROP FUNCTION @extschema@.todo_task_cursor(@extschema@.tasks, text);
DROP FUNCTION @extschema@.todo_task_stats(text, text);
DROP FUNCTION todo_internal.check_isolation();
-- First out of the extension, so that it is no longer among the tables whose rows dumps include.
ALTER EXTENSION todo DROP TABLE todo_internal.isolated_roles;
DROP TABLE todo_internal.isolated_roles;
DROP FUNCTION todo_internal.isolated_roles_written();
DROP FUNCTION todo_internal.keep_isolation(name[]);
DROP FUNCTION todo_internal.complete_isolation();
DROP FUNCTION todo_internal.isolate(text);
DROP FUNCTION todo_internal.forget_isolation(text);
DROP FUNCTION todo_internal.unbound(oid);
DROP FUNCTION todo_internal.end_isolation(text);
DROP FUNCTION todo_internal.refuse_isolation();
DROP FUNCTION todo_internal.secured_by_application(oid);
DROP FUNCTION todo_internal.grant_columns();
DROP FUNCTION todo_internal.visible(text);
DROP FUNCTION todo_internal.isolation();
DROP FUNCTION @extschema@.todo_current_user_id();
