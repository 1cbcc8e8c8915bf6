
-- The router's own ids of tasks, apart from those that the databases give.
ALTER TABLE @extschema@.tasks ALTER COLUMN id SET DEFAULT nextval('@extschema@.tasks_id_seq');
ALTER SEQUENCE @extschema@.tasks_id_seq OWNED BY @extschema@.tasks.id;
REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM PUBLIC;

-- Servers of databases that are no longer in the list.
DO $$
DECLARE
    server name;
BEGIN
    FOR server IN
        SELECT s.srvname
        FROM pg_foreign_server AS s
        JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw AND w.fdwname = 'postgres_fdw'
        WHERE s.srvname ~ '^todo_[0-9]+$' AND substr(s.srvname, 6)::integer >= @modulus@
    LOOP
        EXECUTE format('DROP SERVER %I CASCADE', server);
    END LOOP;
END
$$;

-- Joins and aggregates of a user's rows are for the user's database to compute.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_join = on', current_database());
    EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_aggregate = on', current_database());
END
$$;

-- Lets a role read and write tasks, and read users without their hashes; with the access 'tables', also read and write users. The role must
-- not have USAGE on the servers: with that, it could connect to them as someone else.
CREATE OR REPLACE FUNCTION todo_router.grant(role text, access text DEFAULT 'api')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF access NOT IN ('api', 'tables') THEN
        RAISE EXCEPTION 'access must be api or tables' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM todo_router.set_mappings(role);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', '@schema_name@', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %I.tasks TO %I', '@schema_name@', role);
    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I.tasks_id_seq TO %I', '@schema_name@', role);
    EXECUTE format('GRANT SELECT ON TABLE %I.todo_users TO %I', '@schema_name@', role);
    IF access = 'tables' THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %I.users TO %I', '@schema_name@', role);
    ELSE
        EXECUTE format('REVOKE ALL ON TABLE %I.users FROM %I', '@schema_name@', role);
    END IF;
END
$$;

-- Takes back what grant() has given to a role.
CREATE OR REPLACE FUNCTION todo_router.revoke(role text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    server name;
BEGIN
    EXECUTE format('REVOKE ALL ON TABLE %1$I.tasks, %1$I.users, %1$I.todo_users FROM %2$I', '@schema_name@', role);
    EXECUTE format('REVOKE ALL ON SEQUENCE %I.tasks_id_seq FROM %I', '@schema_name@', role);
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', '@schema_name@', role);
    FOR server IN SELECT s.srvname FROM pg_foreign_server AS s WHERE s.srvname ~ '^todo_[0-9]+$' LOOP
        EXECUTE format('DROP USER MAPPING IF EXISTS FOR %I SERVER %I', role, server);
    END LOOP;
END
$$;

-- The role as which the router connects for a role. Another option, such as a password, is kept.
CREATE OR REPLACE FUNCTION todo_router.set_mappings(role text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    server name;
BEGIN
    FOR server IN SELECT s.srvname FROM pg_foreign_server AS s WHERE s.srvname ~ '^todo_[0-9]+$' LOOP
        IF EXISTS (SELECT FROM pg_user_mappings AS m WHERE m.srvname = server AND m.usename = role) THEN
            EXECUTE format('ALTER USER MAPPING FOR %I SERVER %I OPTIONS (SET user %L)', role, server, @user@);
        ELSE
            -- So that the server's own password file or certificate can be used.
            EXECUTE format('CREATE USER MAPPING FOR %I SERVER %I OPTIONS (user %L, password_required %L)', role, server, @user@, 'false');
        END IF;
    END LOOP;
END
$$;

DO $$
DECLARE
    role text;
BEGIN
    FOR role IN
        SELECT DISTINCT pg_get_userbyid(a.grantee)
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = '@extschema@.tasks'::regclass AND a.grantee NOT IN (0, c.relowner)
    LOOP
        PERFORM todo_router.set_mappings(role);
    END LOOP;
END
$$;
