-- todo @version@, SQL edition: users and tasks of a to-do application, with their rules, for servers where extensions cannot be installed.
-- Run it as the role that is to own everything, in a database with encoding UTF8 and the extension pgcrypto. It creates its tables and
-- functions in the first schema of search_path, and its helpers in schema todo_internal. Where an older version is installed, it updates
-- that one, and keeps rows and grants. After SET todo.adopt = on, it takes over tables users and tasks that exist in that schema already.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    home pg_catalog.text := pg_catalog.current_schema();
    is_update boolean;
    is_adoption boolean;
    -- Qualified, as search_path could lead to a type of this name.
    before pg_catalog.record;
    statement pg_catalog.text;
    step pg_catalog.text;
    place pg_catalog.text;
    statements pg_catalog.text[];
    made pg_catalog.text[];
    -- The functions of an older version, each with the place of its row in pg_proc, and those of the application that have such names.
    old_functions pg_catalog.text[] := '{}';
    other_functions pg_catalog.oid[];
    place_of_other pg_catalog.text[];
    present pg_catalog.text[] := '{}';
    left_over pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    statements := ARRAY[
\statements install
    ];
    -- The names of the functions in the application's schema.
    made := ARRAY(
        SELECT m.names[1]
        FROM unnest(statements) AS s (statement)
        CROSS JOIN LATERAL regexp_matches(s.statement, '^CREATE FUNCTION @extschema@[.](\w+)') AS m (names)
    );
    SELECT
        (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto') AS pgcrypto,
        (
            SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname)
            FROM pg_proc AS p
            WHERE p.pronamespace = to_regnamespace(quote_ident(home)) AND p.proname = ANY (made)
        ) AS functions,
        EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'todo') AS is_extension,
        (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') AS owner,
        (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS is_superuser,
        (
            -- The members of pg_database_owner are the owner of the database.
            SELECT CASE n.nspowner WHEN to_regrole('pg_database_owner') THEN d.datdba ELSE n.nspowner END
            FROM pg_namespace AS n
            JOIN pg_database AS d ON d.datname = current_database()
            WHERE n.nspname = home
        ) AS home_owner,
        (
            SELECT string_agg(c.relname, ' and ' ORDER BY c.relname DESC)
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace(quote_ident(home)) AND c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')
        ) AS relations,
        (
            SELECT count(*)
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace(quote_ident(home)) AND c.relname IN ('users', 'tasks')
              AND pg_get_userbyid(c.relowner) = current_user
        ) AS own_tables
    INTO before;
    is_update := EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'todo_internal' AND c.relname = 'installed'
    );
    is_adoption := NOT is_update AND coalesce(current_setting('todo.adopt', true), '') = 'on';
    IF current_setting('server_version_num')::integer < 140000 THEN
        RAISE EXCEPTION 'todo needs PostgreSQL 14 or newer' USING ERRCODE = 'feature_not_supported';
    ELSIF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported', HINT = 'Create it with TEMPLATE template0 ENCODING ''UTF8''.';
    ELSIF before.is_superuser THEN
        RAISE EXCEPTION 'a superuser must not own todo'
            USING ERRCODE = 'invalid_grant_operation',
                DETAIL = 'Its functions run with the rights of its owner.', HINT = 'Connect as the role that owns the application''s database.';
    ELSIF is_update AND before.owner <> current_user THEN
        RAISE EXCEPTION 'must be the owner of todo to update it'
            USING ERRCODE = 'insufficient_privilege', HINT = format('SET ROLE %I', before.owner);
    ELSIF NOT is_update AND before.is_extension THEN
        RAISE EXCEPTION 'this database has todo as an extension' USING ERRCODE = 'duplicate_object';
    ELSIF NOT is_update AND before.owner IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema todo_internal already' USING ERRCODE = 'duplicate_schema', HINT = 'Rename or drop it.';
    ELSIF NOT is_update AND (home IS NULL OR home ~ '^pg_') THEN
        RAISE EXCEPTION 'there is no schema to create todo in'
            USING ERRCODE = 'invalid_schema_name', HINT = 'SET search_path to a schema that exists.';
    ELSIF NOT is_update AND NOT pg_has_role(before.home_owner, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'schema % belongs to role %, which could replace what is in it', home, pg_get_userbyid(before.home_owner)
            USING ERRCODE = 'insufficient_privilege', HINT = format('Connect as %I, or SET search_path to a schema of your own.', pg_get_userbyid(before.home_owner));
    ELSIF is_adoption AND current_setting('transaction_isolation') <> 'read committed' THEN
        -- An older snapshot would not see rows, triggers and foreign keys that were committed just before the tables were locked.
        RAISE EXCEPTION 'todo adopts tables in a READ COMMITTED transaction only'
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    ELSIF NOT is_update AND home ~ '["$''\\]' THEN
        RAISE EXCEPTION 'schema % has a quote, a dollar sign or a backslash in its name', home USING ERRCODE = 'invalid_name';
    ELSIF is_adoption AND before.own_tables <> 2 THEN
        RAISE EXCEPTION 'role % has no tables users and tasks in schema % to adopt', current_user, home
            USING ERRCODE = 'undefined_table', HINT = 'SET search_path to their schema, and SET ROLE to their owner.';
    ELSIF NOT is_update AND NOT is_adoption AND before.relations IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has %', home, before.relations
            USING ERRCODE = 'duplicate_table',
                HINT = 'To take over tables users and tasks with their rows, SET todo.adopt = on. Or SET search_path to another schema.';
    ELSIF NOT is_update AND before.functions IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has functions of todo', home
            USING ERRCODE = 'duplicate_function', HINT = 'If they are left from another installation: DROP FUNCTION ' || before.functions;
    ELSIF before.pgcrypto IS NULL THEN
        RAISE EXCEPTION 'todo needs the extension pgcrypto' USING ERRCODE = 'undefined_object', HINT = 'CREATE EXTENSION pgcrypto;';
    ELSIF NOT has_schema_privilege(before.pgcrypto, 'USAGE') THEN
        RAISE EXCEPTION 'role % may not use pgcrypto', current_user
            USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT USAGE ON SCHEMA %I TO %I', before.pgcrypto, current_user);
    ELSIF NOT has_database_privilege(current_database(), 'CREATE') OR NOT is_update AND NOT has_schema_privilege(home, 'CREATE') THEN
        RAISE EXCEPTION 'role % needs the privilege CREATE on database % and on schema %', current_user, current_database(), home
            USING ERRCODE = 'insufficient_privilege', HINT = concat_ws(
                '; ',
                CASE WHEN NOT has_database_privilege(current_database(), 'CREATE') THEN format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) END,
                CASE WHEN NOT has_schema_privilege(home, 'CREATE') THEN format('GRANT CREATE ON SCHEMA %I TO %I', home, current_user) END
            );
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = current_user AND (r.rolbypassrls OR r.rolcreaterole)) THEN
        RAISE WARNING 'role % has BYPASSRLS or CREATEROLE, which the owner of todo does not need', current_user
            USING DETAIL = 'Its functions run with the rights of its owner.', HINT = 'Let a role without these rights own it.';
    END IF;

    home := quote_ident(home);
    IF is_adoption THEN
        EXECUTE format('LOCK TABLE %1$s.tasks, %1$s.users IN ACCESS EXCLUSIVE MODE', home);
    END IF;
    IF is_update THEN
        SELECT e.extnamespace::regnamespace::text INTO STRICT home FROM todo_internal.extension AS e WHERE e.extname = 'todo';
        IF EXISTS (
            SELECT FROM todo_internal.installed AS i
            WHERE i.name = 'todo' AND string_to_array(i.version, '.')::integer[] > string_to_array('@version@', '.')::integer[]
        ) THEN
            RAISE EXCEPTION 'a newer version of todo is installed' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        IF to_regclass(home || '.users') IS NULL OR to_regclass(home || '.tasks') IS NULL THEN
            RAISE EXCEPTION 'the tables of todo in schema % are missing', home
                USING ERRCODE = 'object_not_in_prerequisite_state',
                    HINT = 'Restore the database from a backup. Or begin again without them: DROP SCHEMA todo_internal CASCADE';
        END IF;
        EXECUTE format('LOCK TABLE %1$s.tasks, %1$s.users IN ACCESS EXCLUSIVE MODE', home);
        old_functions := ARRAY(
            SELECT format('%s %s', p.oid, p.ctid)
            FROM todo_internal.depend AS d
            JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo'
            JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            WHERE d.deptype = 'e' AND p.proname !~ '^expected_'
        );
        present := ARRAY(
            SELECT format('%s %s', d.classid, d.objid)
            FROM todo_internal.depend AS d
            JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo'
            WHERE d.deptype = 'e'
        );
    END IF;

    -- What the application has of these names.
    other_functions := ARRAY(
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.pronamespace = home::regnamespace AND p.proname = ANY (made) AND format('%s %s', p.oid, p.ctid) <> ALL (old_functions)
    );
    place_of_other := ARRAY(SELECT format('%s %s', p.oid, p.ctid) FROM pg_proc AS p WHERE p.oid = ANY (other_functions));
    FOREACH statement IN ARRAY statements LOOP
        place := home;
        IF statement = 'ADOPT' THEN
            FOREACH step IN ARRAY CASE WHEN is_adoption THEN ARRAY[
\statements adopt
            ] ELSE '{}' END
            LOOP
                step := replace(step, '@extschema@', home);
                IF step ~ '^DO ' THEN
                    -- An error would show all of a DO statement.
                    EXECUTE 'CREATE FUNCTION todo_internal.adopt() RETURNS void LANGUAGE plpgsql AS ' || substr(step, 4);
                    EXECUTE 'SELECT todo_internal.adopt()';
                    EXECUTE 'DROP FUNCTION todo_internal.adopt()';
                ELSE
                    EXECUTE step;
                END IF;
            END LOOP;
            CONTINUE;
        END IF;
        IF is_update OR is_adoption THEN
            -- What is there stays: a schema, tables of helpers, and rights (which a DO block takes from new tables).
            CONTINUE WHEN statement ~ '^(DO|REVOKE ALL ON (TABLE|SEQUENCE)) ' OR is_update AND statement ~ '^CREATE SCHEMA'
                OR is_update AND to_regclass(substring(statement FROM '^CREATE TABLE (todo_internal[.]\w+)')) IS NOT NULL
                OR is_update AND EXISTS (
                    SELECT
                    FROM pg_trigger AS t
                    WHERE t.tgname = substring(statement FROM '^CREATE TRIGGER (\w+)')
                      AND t.tgrelid = to_regclass(substring(statement FROM ' ON (todo_internal[.]\w+)'))
                );
            -- The application's tables are made once more as patterns, which expect() describes and drops.
            IF statement ~ '^(CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)|ALTER TABLE|SELECT todo_internal[.]expect[(])' THEN
                place := 'todo_internal';
            END IF;
        END IF;
        IF is_update THEN
            statement := regexp_replace(statement, '^CREATE (FUNCTION|VIEW)', 'CREATE OR REPLACE \1');
        END IF;
        EXECUTE replace(replace(statement, '@extschema@', place), '@pgcrypto@', quote_ident(before.pgcrypto));
    END LOOP;
    -- Between the look for pgcrypto and now, another schema could have taken its name.
    IF EXISTS (SELECT FROM todo_internal.not_of_pgcrypto()) THEN
        RAISE EXCEPTION 'the schema of pgcrypto has changed' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the script again.';
    END IF;
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO left_over
    FROM pg_proc AS p
    WHERE p.oid = ANY (other_functions) AND format('%s %s', p.oid, p.ctid) <> ALL (place_of_other);
    IF left_over IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has %', home, left_over
            USING ERRCODE = 'duplicate_function', HINT = 'Drop it, or give it another name: this version has a function of the same name and arguments.';
    END IF;
    -- By their arguments, as the application may have functions of the same name.
    UPDATE todo_internal.installed AS i
    SET functions = ARRAY(
        SELECT CASE p.pronamespace WHEN home::regnamespace THEN '' ELSE 'todo_internal.' END || todo_internal.signature(p.oid)
        FROM pg_proc AS p
        WHERE (
                p.pronamespace = home::regnamespace AND p.proname = ANY (made) AND p.oid <> ALL (other_functions)
                -- Not what other parts have there.
                OR p.pronamespace = 'todo_internal'::regnamespace AND p.proname !~ '^expected_todo_'
            )
          AND format('%s %s', p.oid, p.ctid) <> ALL (old_functions)
    )
    WHERE i.name = 'todo';
    IF is_adoption THEN
        -- What the functions would refuse to run with.
        PERFORM todo_internal.refuse_foreign_code_at(format('%s.%I', home, t.name)::regclass, NULL, NULL)
        FROM (VALUES ('users'), ('tasks')) AS t (name);
    END IF;

    IF is_update THEN
        FOREACH statement IN ARRAY ARRAY[
\statements update
        ]
        LOOP
            EXECUTE replace(statement, '@extschema@', home);
        END LOOP;
        -- All at once, as one can be bound to another.
        SELECT string_agg(p.oid::regprocedure::text, ', ') INTO left_over
        FROM pg_proc AS p
        WHERE format('%s %s', p.oid, p.ctid) = ANY (old_functions);
        IF left_over IS NOT NULL THEN
            EXECUTE 'DROP FUNCTION ' || left_over;
        END IF;
    END IF;
    PERFORM todo_internal.own('todo', present);
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true);
END
$todo$;
