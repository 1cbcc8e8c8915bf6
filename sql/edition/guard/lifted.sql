-- Whether todo.guard is off, in a session of a superuser or of a member of the role that owns the guard. Within a function that runs with
-- its owner's rights, nothing but the session's role tells who the caller is.
CREATE FUNCTION todo_guard.lifted()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(current_setting('todo.guard', true), '') = 'off' AND pg_has_role(session_user, current_user, 'MEMBER')
$$;
