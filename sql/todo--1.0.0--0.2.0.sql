-- From 1.0.0 back to 0.2.0: drops the functions and the rules. Rows are not changed.
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

-- Extensions that build on this one do not work without the rules and the guard.
DO $$
DECLARE
    other name := (
        SELECT e.extname
        FROM pg_extension AS t
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_extension'::regclass
        JOIN pg_extension AS e ON e.oid = d.objid
        WHERE t.extname = 'todo'
        ORDER BY e.extname
        LIMIT 1
    );
BEGIN
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'extension % needs version 1.0.0 of extension todo', other
            USING ERRCODE = 'dependent_objects_still_exist', HINT = format('DROP EXTENSION %I', other);
    END IF;
END
$$;

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
-- Tables of any other form could not be updated again.
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

CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS 'SELECT s.* FROM todo_internal.specified() AS s';

-- Drop the parts that this version has and 0.2.0 does not have.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    part record;
BEGIN
    FOR part IN
        SELECT c.relid::regclass AS tab, c.kind, c.name
        FROM todo_internal.compared() AS c
        WHERE c.extension = 'todo'
          AND c.kind IN ('constraint', 'index', 'trigger', 'column')
          AND c.found IS NOT NULL
          AND NOT EXISTS (
              SELECT
              FROM todo_internal.target() AS t
              WHERE t.relation = c.relation AND t.kind = c.kind AND t.name = c.name AND (t.kind = 'column' OR todo_internal.located(t.definition, home) = c.found)
          )
        -- Dropping a column drops its indexes.
        ORDER BY c.kind = 'column'
    LOOP
        EXECUTE CASE part.kind
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
        SELECT 3, todo_internal.located(m.definition, home)
        FROM missing AS m
        WHERE m.kind IN ('index', 'trigger')
        ORDER BY step
    LOOP
        EXECUTE part.sql;
    END LOOP;
END
$$;

DROP EVENT TRIGGER todo_guard;
DROP EVENT TRIGGER todo_guard_end;

DO $$
DECLARE
    member text;
BEGIN
    -- Dropping one can drop others that call it.
    FOREACH member IN ARRAY ARRAY(SELECT f::regprocedure::text FROM todo_internal.member_functions() AS f) LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', member);
    END LOOP;
END
$$;

DROP VIEW @extschema@.todo_users;
DROP SCHEMA todo_internal;

-- At 0.2.0, the tables belong to a superuser.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND c.relowner = 'todo_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', relation, current_user);
    END LOOP;
END
$$;
