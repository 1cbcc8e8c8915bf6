-- Version adopt: tables that are there already, by whatever made the specification's schema (its DDL, its Alembic
-- migration, SQLModel's create_all, or this extension before todo_release_tables), become the extension's. Nothing in
-- them changes; ALTER EXTENSION todo UPDATE brings them into shape. Owner and grants stay.
SET LOCAL search_path = pg_catalog, pg_temp;

\i preflight.sql

-- Both tables are there.
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
                    HINT = 'CREATE EXTENSION todo makes both tables; its SCHEMA clause says where they are to be looked for.';
        END IF;
    END LOOP;
END
$$;

\i unreleased/begin.sql
\i unreleased/patterns.sql
\i unreleased/shape.sql

ALTER EXTENSION todo ADD TABLE @extschema@.users;
ALTER EXTENSION todo ADD TABLE @extschema@.tasks;
ALTER EXTENSION todo ADD SEQUENCE @extschema@.tasks_id_seq;

SELECT pg_extension_config_dump('@extschema@.users', '');
SELECT pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_extension_config_dump('@extschema@.tasks_id_seq', '');

\i tables/own_grants.sql

-- Until these are 0.2.0's, and again from 1.0.0 on, the guard keeps them.
\i description.sql
\i triggers/guard.sql
