-- Drops the policy with which isolation shows all rows to everyone, when the application turns row-level security on by itself: its own
-- policies say who sees what. The guard calls this after a superuser's ALTER TABLE ... ENABLE ROW LEVEL SECURITY.
CREATE FUNCTION todo_internal.secured_by_application(
    secured oid
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('todo.keeps_isolation', true) IS DISTINCT FROM 'on'
        AND EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = secured AND p.polname = 'todo_everyone') THEN
        EXECUTE format('DROP POLICY todo_everyone ON %s', secured::regclass);
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.secured_by_application(oid) IS
    'Drops the policy that shows all rows to everyone, when the application uses row-level security itself';

REVOKE ALL ON FUNCTION todo_internal.secured_by_application(oid) FROM PUBLIC;
