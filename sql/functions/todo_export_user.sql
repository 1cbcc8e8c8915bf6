-- Returns everything that the tables store about a user, except the hash, as a JSON object: version (1), user, and tasks, oldest first.
-- Times have the form of ISO 8601, with an offset. Returns NULL for an unknown user. todo_import_tasks() takes such an object.
CREATE FUNCTION @extschema@.todo_export_user(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $$
    SELECT jsonb_build_object(
        'version', 1,
        'user', jsonb_build_object(
            'id', u.id, 'email', u.email, 'name', u.name, 'is_active', u.is_active, 'email_verified', u.email_verified,
            'created_at', u.created_at AT TIME ZONE 'UTC', 'updated_at', u.updated_at AT TIME ZONE 'UTC'
        ),
        'tasks', coalesce(
            (
                SELECT jsonb_agg(
                    jsonb_build_object(
                        'id', t.id, 'title', t.title, 'description', t.description, 'completed', t.completed,
                        'created_at', t.created_at AT TIME ZONE 'UTC', 'updated_at', t.updated_at AT TIME ZONE 'UTC',
                        'completed_at', t.completed_at AT TIME ZONE 'UTC'
                    )
                    ORDER BY t.created_at, t.id
                )
                FROM @extschema@.tasks AS t
                WHERE t.user_id = u.id
            ),
            '[]'
        )
    )
    FROM @extschema@.todo_users AS u
    WHERE u.id = todo_export_user.user_id COLLATE "default"
$$;

COMMENT ON FUNCTION @extschema@.todo_export_user(text) IS
    'Returns what the tables hold on a user, except the hash, as JSON';

REVOKE ALL ON FUNCTION @extschema@.todo_export_user(text) FROM PUBLIC;
