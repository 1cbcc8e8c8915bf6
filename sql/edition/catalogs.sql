-- What stands in for PostgreSQL's catalogs of extensions. The script that is generated reads these views wherever the files of the
-- extension read pg_extension and pg_depend.
CREATE TABLE todo_internal.installed (
    name      text   NOT NULL,
    version   text   NOT NULL,
    -- Its functions, by their signature(). Those that are not in the application's schema have the name of theirs before it.
    functions text[] NOT NULL DEFAULT '{}',
    CONSTRAINT installed_pkey PRIMARY KEY (name)
);

INSERT INTO todo_internal.installed (name, version) VALUES ('todo', '@version@')
ON CONFLICT ON CONSTRAINT installed_pkey DO UPDATE SET version = EXCLUDED.version;

-- The name and the argument types of a function; types in its own schema have no schema here.
CREATE FUNCTION todo_internal.signature(
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
END;

COMMENT ON FUNCTION todo_internal.signature(regprocedure) IS
    'Returns the name and the argument types of a function';

REVOKE ALL ON FUNCTION todo_internal.signature(regprocedure) FROM PUBLIC;

-- 'bcrypt_cost': the cost of new password hashes, 4-15.
CREATE TABLE todo_internal.setting (
    name  text NOT NULL,
    value text NOT NULL,
    CONSTRAINT setting_pkey PRIMARY KEY (name),
    CONSTRAINT setting_check CHECK (name OPERATOR(pg_catalog.=) 'bcrypt_cost' AND value OPERATOR(pg_catalog.~) '^([4-9]|1[0-5])$')
);

-- A row for each part, as pg_extension has one for each extension. The oid is that of the schema that belongs to it alone.
CREATE VIEW todo_internal.extension AS
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
    JOIN pg_namespace AS h ON h.nspname = 'todo_internal' AND h.nspowner = n.nspowner;

-- The rows of pg_depend, and those that it would have if the parts were extensions.
CREATE VIEW todo_internal.depend AS
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
    WHERE e.extname <> 'todo';

REVOKE ALL ON ALL TABLES IN SCHEMA todo_internal FROM PUBLIC;
