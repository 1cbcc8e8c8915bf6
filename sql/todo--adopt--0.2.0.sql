-- From adopt to 0.2.0: gives adopted tables the form that this version creates. Rows are not changed.
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
-- The steps that follow read and write the tables as a superuser, who must not run anything that another role may have put there. An
-- expression can call any function, in ways that no catalog shows, and the role that wrote it need not be the table's current owner. So
-- all expressions except the extension's own are refused. (Ordinary triggers and rules do not fire.)
-- A trigger would later run with the rights of the tables' owner, so it must belong to that role or to a superuser.
DO $$
DECLARE
    problem record;
BEGIN
    SELECT n.nspname, c.relname, p.what INTO problem
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    -- A superuser's tables will be given to the role todo_owner.
    JOIN pg_roles AS r ON r.oid = c.relowner
    CROSS JOIN LATERAL (
        SELECT 'constraint ' || quote_ident(k.conname) AS what
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid
          AND k.contype IN ('c', 'x')
          AND (k.conname, pg_get_constraintdef(k.oid)) NOT IN (
              SELECT e.name, e.definition FROM todo_internal.expected_todo() AS e WHERE e.relation = c.relname AND e.kind = 'constraint'
          )
        UNION ALL
        -- Validating it again would read the other table, with all that is attached to it.
        SELECT 'foreign key ' || quote_ident(k.conname)
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> '@extschema@.users'::regclass
        UNION ALL
        -- To look up a value, PostgreSQL casts it with the rights of these tables' owner; the cast is a function of whoever made the
        -- value's type.
        SELECT format('foreign key %I of table %s', k.conname, k.conrelid::regclass)
        FROM pg_constraint AS k
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        JOIN pg_type AS y ON y.oid = a.atttypid
        LEFT JOIN pg_type AS b ON b.oid = y.typbasetype
        JOIN pg_roles AS o ON o.oid = coalesce(b.typowner, y.typowner)
        WHERE k.confrelid = c.oid AND k.contype = 'f' AND NOT o.rolsuper
        UNION ALL
        SELECT 'index ' || i.indexrelid::regclass
        FROM pg_index AS i
        WHERE i.indrelid = c.oid
          AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
          AND pg_get_indexdef(i.indexrelid) NOT IN (
              SELECT todo_internal.located(e.definition, c.relnamespace)
              FROM todo_internal.expected_todo() AS e
              WHERE e.relation = c.relname AND e.kind = 'index'
          )
        UNION ALL
        SELECT 'statistics ' || quote_ident(s.stxname)
        FROM pg_statistic_ext AS s
        WHERE s.stxrelid = c.oid
        UNION ALL
        SELECT 'trigger ' || quote_ident(t.tgname)
        FROM pg_trigger AS t
        JOIN pg_proc AS f ON f.oid = t.tgfoid
        JOIN pg_roles AS o ON o.oid = f.proowner
        WHERE t.tgrelid = c.oid
          AND NOT t.tgisinternal
          AND (
              t.tgenabled IN ('A', 'R')
              OR NOT (o.rolsuper OR o.oid = c.relowner)
              OR r.rolsuper AND t.tgqual IS NOT NULL
              -- A function may run what its arguments say. PostgreSQL's own do not.
              OR t.tgnargs > 0 AND f.oid >= 16384
          )
        UNION ALL
        SELECT 'rule ' || quote_ident(w.rulename)
        FROM pg_rewrite AS w
        WHERE w.ev_class = c.oid AND (w.ev_enabled IN ('A', 'R') OR r.rolsuper)
    ) AS p
    WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
    ORDER BY c.relname DESC, p.what
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of table % could run code of another role', problem.what, problem.relname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname,
                DETAIL = 'It is not known who created it, and it would run with the rights of a superuser or of the tables'' owner.',
                HINT = 'Nothing has been changed. Drop it, update, and create it again.';
    END IF;
END
$$;

CREATE FUNCTION todo_internal.target()
RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS 'SELECT s.* FROM todo_internal.specified() AS s';

-- Tables that todo_release_tables() of a later version left can have columns that 0.2.0 does not have.
DO $$
DECLARE
    part record;
    has_rows boolean;
BEGIN
    FOR part IN
        SELECT c.oid::regclass AS tab, e.relation, e.name
        FROM todo_internal.expected_todo() AS e
        JOIN pg_class AS c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = e.relation
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = e.name
        WHERE e.kind = 'column'
          AND NOT EXISTS (SELECT FROM todo_internal.target() AS t WHERE t.relation = e.relation AND t.kind = e.kind AND t.name = e.name)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.tab) INTO has_rows;
        IF has_rows THEN
            RAISE EXCEPTION 'version 0.2.0 of extension todo has no column %.%', part.relation, part.name
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.name,
                    HINT = 'Nothing has been changed. ALTER EXTENSION todo UPDATE keeps the column.';
        END IF;
        EXECUTE format('ALTER TABLE %s DROP COLUMN %I', part.tab, part.name);
    END LOOP;
END
$$;

-- Prepares tables that shape.sql has accepted for what target() has. It drops what is in the way, and changes types. complete.sql then
-- adds what is missing. No row is lost; a time with a zone becomes its time in UTC.

-- Some rows must be fixed by their owner: users whose ids are too long, and users who share an address.
DO $$
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
$$;

DO $$
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
                substring(k.definition FROM '^(?:PRIMARY KEY|UNIQUE) [(]([^,]*)[)]$') AS attribute
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
DROP SCHEMA todo_internal CASCADE;
