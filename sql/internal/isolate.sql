-- Binds a role to the rows of the current user, for todo_grant().
-- Errors: 0LP01 row-level security does not bind the role; 55000 a table has policies that are not in force; 42501 the caller may not
-- write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.isolate(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    above CONSTANT text := todo_internal.unbound(to_regrole(quote_ident(isolate.role)));
    dormant CONSTANT text := (
        SELECT string_agg(DISTINCT i.relation, ', ' ORDER BY i.relation)
        FROM todo_internal.isolation() AS i
        JOIN pg_policy AS p ON p.polrelid = i.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone')
        WHERE NOT i.is_on
    );
BEGIN
    IF above IS NOT NULL THEN
        RAISE EXCEPTION 'row-level security does not bind role %', isolate.role
            USING ERRCODE = 'invalid_grant_operation', DETAIL = format('It %s.', above);
    ELSIF dormant IS NOT NULL THEN
        RAISE EXCEPTION 'policies of the application are not in force on %', dormant
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Isolation turns row-level security on, and with it these policies.',
                HINT = 'Run ALTER TABLE ... ENABLE ROW LEVEL SECURITY, or drop these policies.';
    END IF;
    -- Its trigger calls keep_isolation().
    INSERT INTO todo_internal.isolated_roles (role)
    SELECT isolate.role WHERE NOT EXISTS (SELECT FROM todo_internal.isolated_roles AS i WHERE i.role = isolate.role);
END
$$;

COMMENT ON FUNCTION todo_internal.isolate(text) IS
    'Binds a role to the rows of the current user';

REVOKE ALL ON FUNCTION todo_internal.isolate(text) FROM PUBLIC;
