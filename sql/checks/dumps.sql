-- Checks what dumps leave out, for todo_check(). It is a fault if a restore without it shows someone more than before.
CREATE FUNCTION todo_internal.check_dumps()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || d.object, d.severity <> 'error',
        CASE d.severity
            WHEN 'error' THEN 'left out: a restore without it shows someone more than before'
            ELSE 'left out: todo-admin backup keeps the statement that makes it again'
        END,
        'use todo-admin backup and restore --with-extras; after any other restore, run ' || d.ddl
    FROM @extschema@.todo_not_in_dumps() AS d;
END;

COMMENT ON FUNCTION todo_internal.check_dumps() IS
    'Checks whether a restore would show someone more than before';

REVOKE ALL ON FUNCTION todo_internal.check_dumps() FROM PUBLIC;
