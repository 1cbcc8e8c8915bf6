-- Returns the extension's schema as SQL text, quoted if necessary, to a caller who may grant to the role.
-- Errors: 23502 role is NULL; 42704 no such role (PUBLIC is not a role); 0LP01 the role is todo_owner, or owns the SQL edition;
-- 42501 the caller does not own the extension's tables; 25001 a role is isolated, and the isolation level is above READ COMMITTED.
CREATE FUNCTION todo_internal.schema_for_grants(
    role text
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app oid := (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo');
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    \i grants/owner.sql
    IF EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = app
          AND c.relname IN ('users', 'tasks')
          AND NOT pg_has_role(c.relowner, 'USAGE')
    ) THEN
        RAISE EXCEPTION 'must be owner of the tables users and tasks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- It does not see what others have granted since it began, and would take the isolation of their roles back. Only here, and not where a
    -- restore brings rows: that must not fail.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
        AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE i.bound <> '{}')
    THEN
        RAISE EXCEPTION 'rights cannot be changed at isolation level % while a role is isolated', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
    RETURN app::regnamespace::text;
END
$$;

COMMENT ON FUNCTION todo_internal.schema_for_grants(text) IS
    'Returns the schema of the extension to a caller who may grant to the role';

REVOKE ALL ON FUNCTION todo_internal.schema_for_grants(text) FROM PUBLIC;
