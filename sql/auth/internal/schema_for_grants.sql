-- The schema of extension todo as SQL text, if the caller may grant rights to the role.
-- Errors: 23502 role is NULL; 42704 no such role (PUBLIC is not a role); 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.schema_for_grants(
    role text
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = 'todo_auth'::regnamespace AND c.relkind = 'r' AND NOT pg_has_role(c.relowner, 'USAGE')
    ) THEN
        RAISE EXCEPTION 'must be owner of the tables in schema todo_auth' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN todo_internal.schema_for_grants(role);
END
$$;

COMMENT ON FUNCTION todo_auth.schema_for_grants(text) IS
    'The schema of extension todo, if the caller may grant rights to the role';

REVOKE ALL ON FUNCTION todo_auth.schema_for_grants(text) FROM PUBLIC;
