-- Checks, for todo_check(), whether someone has rights that no function of the extensions gave, and whether roles that have been dropped
-- would keep a dump from being restored.
CREATE FUNCTION todo_internal.check_rights()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'rights of ' || s.role, false, s.what, s.fix
    FROM todo_internal.stray_rights() AS s
    UNION ALL
    SELECT 'rights', true, 'nobody has a right on passwords that todo_grant did not give', NULL
    WHERE NOT EXISTS (SELECT FROM todo_internal.stray_rights())
    UNION ALL
    SELECT 'grants of dropped roles', count(d.objoid) = 0,
        format('%s objects with initial privileges of roles that have been dropped; dumps with them cannot be restored', count(d.objoid)),
        'SELECT todo_internal.forget_roles()'
    FROM todo_internal.dangling_grants() AS d;
END;

COMMENT ON FUNCTION todo_internal.check_rights() IS
    'Checks whether someone has rights that no function of the extensions gave';

REVOKE ALL ON FUNCTION todo_internal.check_rights() FROM PUBLIC;
