-- Version adopt: takes over tables that exist already, whatever created them (the specification's DDL, its Alembic migration, SQLModel's
-- create_all, or this extension before todo_release_tables). Nothing in them is changed, and they keep owner and grants. Then ALTER
-- EXTENSION todo UPDATE normalizes them.
SET LOCAL search_path = pg_catalog, pg_temp;

\i preflight.sql

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

\i upgrade/begin.sql
\i upgrade/patterns.sql
\i upgrade/shape.sql

ALTER EXTENSION todo ADD TABLE @extschema@.users;
ALTER EXTENSION todo ADD TABLE @extschema@.tasks;
ALTER EXTENSION todo ADD SEQUENCE @extschema@.tasks_id_seq;

SELECT pg_extension_config_dump('@extschema@.users', '');
SELECT pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_extension_config_dump('@extschema@.tasks_id_seq', '');

\i tables/own_grants.sql

-- The guard protects them from now on. (Version 0.2.0 has none.)
\i description.sql
\i internal/state.sql
\i triggers/guard.sql
-- It always reads the state of the tables as the role todo_owner.
\i owner.sql
GRANT USAGE ON SCHEMA todo_internal TO todo_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA todo_internal TO todo_owner;
