-- Returns the id of a user if the session's role may see that user, otherwise NULL. Functions that run with the owner's rights, whom
-- row-level security does not bind, look for the user that this returns. The role is the one that SET ROLE has chosen, or else the one of
-- the login. A function of the application that runs with other rights does not change it.
-- Its body is bound to objects: another schema could take the name of this one.
CREATE FUNCTION todo_internal.visible(
    user_id text
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN NOT is_bound.it OR user_id = @extschema@.todo_current_user_id() COLLATE "C" THEN user_id END
    FROM (
        SELECT EXISTS (
            SELECT
            FROM pg_class AS u
            JOIN pg_policy AS p ON p.polrelid = u.oid AND p.polname = 'todo_isolated'
            CROSS JOIN unnest(p.polroles) AS b (role)
            -- A role that SET ROLE has chosen and that was renamed since has a name that no role has.
            LEFT JOIN pg_roles AS c ON c.rolname = CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END
            WHERE u.oid = '@extschema@.users'::regclass AND u.relrowsecurity
              AND (pg_has_role(c.oid, b.role, 'USAGE') AND NOT pg_has_role(c.oid, u.relowner, 'USAGE') AND NOT c.rolbypassrls) IS NOT FALSE
        ) AS it
    ) AS is_bound;
END;

COMMENT ON FUNCTION todo_internal.visible(text) IS
    'Returns the id of a user if the session''s role may see that user';

REVOKE ALL ON FUNCTION todo_internal.visible(text) FROM PUBLIC;
