-- Takes back what todo_auth.grant gave a role, including its rights on users, unless the role owns that table. Call todo_grant
-- again if the role should keep the rights on users. USAGE on the schema of users stays.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_auth.schema_for_grants(role);
BEGIN
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA todo_auth FROM %I', role);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA todo_auth FROM %I', role);
    EXECUTE format('REVOKE ALL ON SCHEMA todo_auth FROM %I', role);
    IF role <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = (app || '.users')::regclass) THEN
        EXECUTE format('REVOKE ALL ON TABLE %s.users FROM %I', app, role);
    END IF;
END
$$;

COMMENT ON FUNCTION todo_auth.revoke(text) IS
    'Takes back what todo_auth.grant gave a role';

REVOKE ALL ON FUNCTION todo_auth.revoke(text) FROM PUBLIC;
