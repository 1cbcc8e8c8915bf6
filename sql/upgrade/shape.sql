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
        RAISE EXCEPTION 'table % does not fit todo: expected an ordinary table, not a view, a partition, a child, '
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
        RAISE EXCEPTION 'table % does not fit todo: column % is %, expected %', problem.relation, problem.name,
            CASE WHEN problem.fits THEN 'in another place' ELSE coalesce(problem.definition, 'missing') END,
            CASE WHEN problem.fits THEN 'the order of the specification' ELSE problem.wanted END
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                HINT = 'Nothing has been changed. Bring it into shape with ALTER TABLE and try again.';
    END IF;

    \i upgrade/other_columns.sql

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
$$;
