-- From 1.0.0 back to 0.2.0: drops the functions and the rules. Every row stays as it is.
\i unreleased/begin.sql
-- Or there would be no way up again.
\i unreleased/shape.sql

-- Nothing of it works without the rules and the guard.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'todo_auth') THEN
        RAISE EXCEPTION 'extension todo_auth needs version 1.0.0 of extension todo'
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'DROP EXTENSION todo_auth';
    END IF;
END
$$;

DROP EVENT TRIGGER todo_guard;
DROP EVENT TRIGGER todo_guard_end;
DROP TRIGGER IF EXISTS zz_todo_before_row ON @extschema@.users;
DROP TRIGGER IF EXISTS zz_todo_before_row ON @extschema@.tasks;

DO $$
DECLARE
    member text;
BEGIN
    -- One may go with another that it calls.
    FOREACH member IN ARRAY ARRAY(SELECT f::regprocedure::text FROM todo_internal.member_functions() AS f) LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', member);
    END LOOP;
END
$$;

DROP VIEW @extschema@.todo_users;
DROP SCHEMA todo_internal;

-- Back to a superuser, as 0.2.0 has them.
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

DROP INDEX @extschema@.ix_users_email_folded;

ALTER TABLE @extschema@.users
    DROP CONSTRAINT users_id_check,
    DROP CONSTRAINT users_email_check,
    DROP CONSTRAINT users_name_check,
    DROP CONSTRAINT users_hashed_password_check,
    ADD CONSTRAINT users_email_key UNIQUE (email),
    ALTER COLUMN id DROP DEFAULT,
    ALTER COLUMN hashed_password DROP DEFAULT,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN is_active DROP NOT NULL,
    ALTER COLUMN email_verified DROP NOT NULL;

ALTER TABLE @extschema@.tasks
    DROP CONSTRAINT tasks_title_check,
    DROP CONSTRAINT tasks_description_check,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN completed DROP NOT NULL;
