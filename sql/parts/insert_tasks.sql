INSERT INTO @extschema@.tasks AS task (user_id, title, description, completed, created_at, updated_at, completed_at)
SELECT
    user_id, btrim(n.title), nullif(n.description, ''), coalesce(n.completed, false), coalesce(n.created_at, now()) AT TIME ZONE 'UTC',
    coalesce(n.updated_at, now()) AT TIME ZONE 'UTC', n.completed_at AT TIME ZONE 'UTC'
FROM jsonb_to_recordset(batch) AS n (
    title text, description text, completed boolean, created_at timestamptz, updated_at timestamptz, completed_at timestamptz
)
