-- Lets a role run Better Auth: it can read and write the rows of this extension's tables and views, and of users, hashes
-- included. Rights on the rest of extension todo come from todo_grant.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.grant(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_auth.schema_for_grants(role);
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA todo_auth, %s TO %I', app, role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA todo_auth TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.users TO %I', app, role);
    -- The triggers call these with the role's rights.
    EXECUTE format('GRANT EXECUTE ON FUNCTION todo_auth.changes(jsonb, jsonb) TO %I', role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION todo_auth.store_password(text, text) TO %I', role);
END
$$;

COMMENT ON FUNCTION todo_auth.grant(text) IS
    'Lets a role run Better Auth, with the table users and its hashes';

REVOKE ALL ON FUNCTION todo_auth.grant(text) FROM PUBLIC;
