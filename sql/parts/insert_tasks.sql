INSERT INTO @extschema@.tasks AS task (user_id, title, description, completed, created_at, updated_at, completed_at)
SELECT
    user_id,
    pg_catalog.btrim(n.title),
    CASE WHEN n.description OPERATOR(pg_catalog.<>) '' THEN n.description END,
    COALESCE(n.completed, false),
    pg_catalog.timezone('UTC', COALESCE((n.created_at OPERATOR(pg_catalog.||) CASE WHEN n.created_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', COALESCE((n.updated_at OPERATOR(pg_catalog.||) CASE WHEN n.updated_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz, pg_catalog.now())),
    pg_catalog.timezone('UTC', (n.completed_at OPERATOR(pg_catalog.||) CASE WHEN n.completed_at OPERATOR(pg_catalog.~) ':.*([Zz]|[+-][0-9:]+)$' THEN '' ELSE 'Z' END)::pg_catalog.timestamptz)
FROM pg_catalog.jsonb_to_recordset(batch) AS n (
    title pg_catalog.text, description pg_catalog.text, completed pg_catalog.bool,
    created_at pg_catalog.text, updated_at pg_catalog.text, completed_at pg_catalog.text
)
