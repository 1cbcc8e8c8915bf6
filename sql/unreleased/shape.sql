-- Ordinary tables.
DO $$
DECLARE
    problem record;
BEGIN
    SELECT n.nspname, c.relname INTO problem
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
      AND (
          c.relkind <> 'r'
          OR c.relpersistence <> 'p'
          OR c.relispartition
          OR c.reloftype <> 0
          OR EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent))
          OR EXISTS (
              SELECT
              FROM pg_class AS s
              WHERE s.oid = pg_get_serial_sequence(c.oid::regclass::text, 'id')::regclass AND s.relpersistence <> 'p'
          )
      )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: expected an ordinary table, no view, partition, child, parent, '
            'typed or unlogged one', problem.relname
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = problem.nspname, TABLE = problem.relname;
    END IF;
END
$$;

-- The columns are the specification's, in whichever of its forms.
DO $$
DECLARE
    problem record;
BEGIN
    WITH expected (place, relation, attribute, types, required) AS (
        VALUES
            (1, '@extschema@.users'::regclass, 'id', '{character varying(36),character varying}'::text[], true),
            (2, '@extschema@.users', 'email', '{character varying(255)}', true),
            (3, '@extschema@.users', 'name', '{character varying(100)}', true),
            (4, '@extschema@.users', 'hashed_password', '{character varying(255)}', true),
            (5, '@extschema@.users', 'created_at', '{timestamp without time zone,timestamp with time zone}', true),
            (6, '@extschema@.users', 'updated_at', '{timestamp without time zone,timestamp with time zone}', true),
            (7, '@extschema@.users', 'is_active', '{boolean}', false),
            (8, '@extschema@.users', 'email_verified', '{boolean}', false),
            (9, '@extschema@.tasks', 'id', '{integer}', true),
            (10, '@extschema@.tasks', 'user_id', '{character varying(36),character varying}', true),
            (11, '@extschema@.tasks', 'title', '{character varying(200)}', true),
            (12, '@extschema@.tasks', 'description', '{text,character varying}', false),
            (13, '@extschema@.tasks', 'completed', '{boolean}', false),
            (14, '@extschema@.tasks', 'created_at', '{timestamp without time zone,timestamp with time zone}', true),
            (15, '@extschema@.tasks', 'updated_at', '{timestamp without time zone,timestamp with time zone}', true),
            (16, '@extschema@.tasks', 'completed_at', '{timestamp without time zone,timestamp with time zone}', false)
    ), actual AS (
        SELECT
            a.attrelid::regclass AS relation,
            a.attname AS attribute,
            a.attnum AS number,
            t.type,
            a.attnotnull AS required,
            concat_ws(
                ' ',
                t.type,
                CASE WHEN a.attcollation NOT IN (0, 'pg_catalog."default"'::regcollation)
                    THEN 'COLLATE ' || a.attcollation::regcollation END,
                CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN 'GENERATED' END
            ) AS description
        FROM pg_attribute AS a
        -- A time of fewer digits fits as well.
        CROSS JOIN LATERAL (
            SELECT regexp_replace(format_type(a.atttypid, a.atttypmod), '^timestamp[(][0-6][)]', 'timestamp') AS type
        ) AS t
        WHERE a.attrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
          AND a.attnum > 0
          AND NOT a.attisdropped
    ), compared AS (
        SELECT
            e.place, e.relation, e.attribute, a.description,
            array_to_string(e.types, ' or ') || CASE WHEN e.required THEN ' NOT NULL' ELSE '' END AS wanted,
            -- Nothing but the type and, where it is free, NOT NULL.
            a.type = ANY (e.types)
                AND a.description = a.type || CASE WHEN a.required THEN ' NOT NULL' ELSE '' END
                AND (a.required OR NOT e.required) AS fits,
            row_number() OVER (PARTITION BY e.relation ORDER BY e.place)
                = row_number() OVER (PARTITION BY e.relation ORDER BY a.number) AS in_place
        FROM expected AS e
        LEFT JOIN actual AS a USING (relation, attribute)
    )
    SELECT c.*, n.nspname, r.relname INTO problem
    FROM compared AS c
    JOIN pg_class AS r ON r.oid = c.relation
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE (c.fits AND c.in_place) IS NOT TRUE
    ORDER BY c.fits IS TRUE, c.place
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: column % is %, expected %', problem.relname, problem.attribute,
            CASE WHEN problem.fits THEN 'in another place' ELSE coalesce(problem.description, 'missing') END,
            CASE WHEN problem.fits THEN 'the order of the specification' ELSE problem.wanted END
            USING ERRCODE = 'object_not_in_prerequisite_state',
                SCHEMA = problem.nspname, TABLE = problem.relname, COLUMN = problem.attribute,
                HINT = 'Nothing has been changed. Bring it into shape with ALTER TABLE and try again.';
    END IF;

    SELECT
        n.nspname, r.relname, min(a.attname) AS attribute,
        string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
    INTO problem
    FROM pg_attribute AS a
    JOIN pg_class AS r ON r.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE a.attrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
      AND a.attnum > 0
      AND NOT a.attisdropped
      AND a.attname NOT IN ('id', 'created_at', 'updated_at')
      AND NOT (r.relname = 'users' AND a.attname IN ('email', 'name', 'hashed_password', 'is_active', 'email_verified'))
      AND NOT (r.relname = 'tasks' AND a.attname IN ('user_id', 'title', 'description', 'completed', 'completed_at'))
    GROUP BY n.nspname, r.relname
    ORDER BY r.relname DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: it has columns of the application: %', problem.relname, problem.columns
            USING ERRCODE = 'object_not_in_prerequisite_state',
                SCHEMA = problem.nspname, TABLE = problem.relname, COLUMN = problem.attribute,
                DETAIL = 'A dump of the extension''s tables with other columns could not be restored.',
                HINT = format(
                    'Nothing has been changed. Move them to a table of your own: CREATE TABLE %1$s_more AS SELECT id, '
                    '%2$s FROM %1$s; then ALTER TABLE %1$s DROP COLUMN each.',
                    problem.relname, problem.columns
                );
    END IF;
END
$$;

-- The keys, and where the ids of tasks come from.
DO $$
DECLARE
    problem record;
BEGIN
    SELECT n.nspname, c.relname, p.attribute, p.wanted, p.hint INTO problem
    FROM (
        SELECT t.oid, 'id' AS attribute, 'the primary key' AS wanted, 'ALTER TABLE ... ADD PRIMARY KEY (id)' AS hint
        FROM unnest(ARRAY['@extschema@.users'::regclass, '@extschema@.tasks'::regclass]) AS t (oid)
        WHERE NOT EXISTS (
            SELECT
            FROM pg_constraint AS k
            JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attname = 'id'
            WHERE k.conrelid = t.oid AND k.contype = 'p' AND k.conkey = ARRAY[a.attnum] AND NOT k.condeferrable
        )
        UNION ALL
        SELECT
            '@extschema@.tasks'::regclass, 'id', 'a serial column, with its own sequence tasks_id_seq from 1 to 2147483647 by 1',
            'ALTER SEQUENCE ... RENAME TO tasks_id_seq, AS integer, OWNED BY tasks.id; ALTER TABLE tasks ALTER COLUMN id '
                'SET DEFAULT nextval(''tasks_id_seq'')'
        WHERE NOT EXISTS (
            SELECT
            FROM pg_attribute AS a
            JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            JOIN pg_sequence AS s ON s.seqrelid = to_regclass('@extschema@.tasks_id_seq')
            WHERE a.attrelid = '@extschema@.tasks'::regclass
              AND a.attname = 'id'
              AND pg_get_serial_sequence('@extschema@.tasks', 'id')::regclass = s.seqrelid
              AND pg_get_expr(d.adbin, d.adrelid) = format('nextval(%L::regclass)', s.seqrelid::regclass)
              AND (s.seqtypid, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcycle)
                  = ('integer'::regtype, 1, 1, 2147483647, 1, false)
        )
    ) AS p
    JOIN pg_class AS c ON c.oid = p.oid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit extension todo: column % is expected to be %', problem.relname, problem.attribute, problem.wanted
            USING ERRCODE = 'object_not_in_prerequisite_state',
                SCHEMA = problem.nspname, TABLE = problem.relname, COLUMN = problem.attribute,
                HINT = 'Nothing has been changed. Bring it in shape first: ' || problem.hint || '.';
    END IF;
END
$$;
