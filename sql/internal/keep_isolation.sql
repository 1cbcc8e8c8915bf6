-- Makes row-level security what isolated_roles says:
--   - Each table has a restrictive policy todo_isolated for these roles. It adds a condition to theirs and changes nothing for others.
--   - A table with row-level security shows nothing without a permissive policy. So one named todo_everyone shows all rows to everyone. It
--     is left out if the application has turned row-level security on by itself, and dropped when it does so later.
--   - Views show what their reader may see in the tables. So roles that read todo_users get the right to read these columns of users.
--   - Each role can read a column of isolated_roles. If a restore brings rights before any row, this mark comes back with the role's
--     rights, see complete_isolation(). The right is on a single column, because that also makes DROP OWNED BY CURRENT_USER fail, which
--     would take the role out of the policies, but leave it its other rights.
-- Where no role is isolated, none of this exists, and nothing is paid for it, except where the application has made policies since:
-- row-level security stays on, so that they stay in force. A role that has a policy keeps it unless it is in removed: it may have been
-- renamed. A role that does not exist is reported.
-- Errors: 42501 the caller does not own the tables and views; 0A000 before PostgreSQL 15.
CREATE FUNCTION todo_internal.keep_isolation(
    removed name[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    listed CONSTANT name[] := ARRAY(SELECT i.role FROM todo_internal.isolated_roles AS i ORDER BY i.role);
    remaining CONSTANT boolean := listed <> '{}' OR EXISTS (
        SELECT
        FROM todo_internal.isolation() AS i
        CROSS JOIN unnest(i.bound) AS b (oid)
        JOIN pg_roles AS r ON r.oid = b.oid
        WHERE r.rolname <> ALL (removed)
    );
    item record;
BEGIN
    IF listed <> '{}' AND current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'isolation needs PostgreSQL 15 or newer' USING ERRCODE = 'feature_not_supported';
    END IF;
    FOR item IN SELECT l.role FROM unnest(listed) AS l (role) WHERE to_regrole(quote_ident(l.role)) IS NULL LOOP
        RAISE WARNING 'role "%" is to be isolated, but does not exist', item.role
            USING ERRCODE = 'undefined_object',
                HINT = 'When it has been created, call todo_grant(role, ''isolated'') before it gets any right.';
    END LOOP;

    -- Tells secured_by_application() that it is not the application that turns row-level security on.
    PERFORM set_config('todo.keeps_isolation', 'on', true);
    FOR item IN
        SELECT i.*, w.roles AS wanted,
            EXISTS (
                SELECT FROM pg_policy AS p WHERE p.polrelid = i.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone')
            ) AS has_others,
            (
                SELECT string_agg(r.oid::regrole::text, ', ' ORDER BY r.rolname)
                FROM pg_roles AS r
                WHERE r.oid = ANY (w.roles)
            ) AS names
        FROM todo_internal.isolation() AS i
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT r.oid
                FROM pg_roles AS r
                WHERE r.rolname = ANY (listed) OR r.oid = ANY (i.bound) AND r.rolname <> ALL (removed)
                ORDER BY r.oid
            ) AS roles
        ) AS w
        ORDER BY i.is_view, i.relation
    LOOP
        IF item.is_view THEN
            IF remaining AND NOT item.is_on THEN
                EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', item.relation);
            ELSIF item.is_on AND NOT remaining THEN
                EXECUTE format('ALTER VIEW %s RESET (security_invoker)', item.relation);
            END IF;
            CONTINUE;
        END IF;
        -- The roles first, so that no one sees more in between.
        IF item.bound <> '{}' AND (item.wanted = '{}' OR NOT item.is_sound) THEN
            EXECUTE format('DROP POLICY todo_isolated ON %s', item.relation);
        END IF;
        IF item.wanted <> '{}' AND NOT item.is_sound THEN
            EXECUTE format('CREATE POLICY todo_isolated ON %s AS RESTRICTIVE TO %s USING (%s)', item.relation, item.names, item.rows);
        ELSIF item.wanted <> '{}' AND NOT (item.bound @> item.wanted AND item.wanted @> item.bound) THEN
            EXECUTE format('ALTER POLICY todo_isolated ON %s TO %s', item.relation, item.names);
        END IF;
        IF remaining AND NOT item.is_on THEN
            IF NOT item.is_ours THEN
                EXECUTE format('CREATE POLICY todo_everyone ON %s USING (true)', item.relation);
            END IF;
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', item.relation);
        ELSIF item.is_ours AND NOT remaining AND item.has_others THEN
            RAISE WARNING 'row-level security stays on, because there are policies on %', item.relation
                USING HINT = format('Policy todo_everyone shows all rows to everyone. To let your policies do that, DROP POLICY todo_everyone ON %s.', item.relation);
        ELSIF item.is_ours AND NOT remaining THEN
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', item.relation);
            EXECUTE format('DROP POLICY todo_everyone ON %s', item.relation);
        END IF;
    END LOOP;
    FOR item IN
        SELECT r.oid::regrole AS role
        FROM pg_roles AS r
        WHERE r.rolname = ANY (listed) AND NOT EXISTS (
            SELECT
            FROM pg_attribute AS c
            CROSS JOIN aclexplode(c.attacl) AS a
            WHERE c.attrelid = 'todo_internal.isolated_roles'::regclass AND c.attnum > 0 AND a.grantee = r.oid
        )
        ORDER BY r.rolname
    LOOP
        EXECUTE format('GRANT SELECT (role) ON TABLE todo_internal.isolated_roles TO %s', item.role);
    END LOOP;
    PERFORM set_config('todo.keeps_isolation', 'off', true);
    PERFORM todo_internal.grant_columns();
END
$$;

COMMENT ON FUNCTION todo_internal.keep_isolation(name[]) IS
    'Makes the policies of the roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.keep_isolation(name[]) FROM PUBLIC;
