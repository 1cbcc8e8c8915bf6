-- Normalizes the rows of tables that had no rules before. Some rows must be fixed by their owner first.
DO $$
DECLARE
    broken record;
    first record;
    report text[];
    app name;
    hint CONSTANT text := 'Nothing has been changed. Fix these rows and try again.';
BEGIN
    FOR broken IN
        WITH culprit AS (
            SELECT 'users' AS relation, v.attribute, 'users_' || v.attribute || '_check' AS rule, quote_literal(u.id) AS id,
                NULL::integer AS number
            FROM @extschema@.users AS u
            CROSS JOIN LATERAL (
                VALUES ('id', u.id), ('email', u.email), ('name', u.name), ('hashed_password', u.hashed_password)
            ) AS v (attribute, value)
            WHERE todo_internal.broken_rule('users.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'tasks', v.attribute, 'tasks_' || v.attribute || '_check', t.id::text, t.id
            FROM @extschema@.tasks AS t
            CROSS JOIN LATERAL (VALUES ('title', t.title), ('description', t.description)) AS v (attribute, value)
            WHERE todo_internal.broken_rule('tasks.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            -- Times have no constraint.
            SELECT 'users', v.attribute, NULL, quote_literal(u.id), NULL
            FROM @extschema@.users AS u
            CROSS JOIN LATERAL (VALUES ('created_at', u.created_at), ('updated_at', u.updated_at)) AS v (attribute, value)
            WHERE todo_internal.broken_time('users.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'tasks', v.attribute, NULL, t.id::text, t.id
            FROM @extschema@.tasks AS t
            CROSS JOIN LATERAL (
                VALUES
                    ('created_at', t.created_at),
                    ('updated_at', t.updated_at),
                    -- completed_at of a pending task is cleared below.
                    ('completed_at', CASE WHEN t.completed IS NOT FALSE THEN t.completed_at END)
            ) AS v (attribute, value)
            WHERE todo_internal.broken_time('tasks.' || v.attribute, v.value) IS NOT NULL
            UNION ALL
            SELECT 'users', 'email', 'ix_users_email_folded', quote_literal(u.id), NULL
            FROM (
                SELECT id, count(*) OVER (PARTITION BY lower(email COLLATE "C")) AS namesakes
                FROM @extschema@.users
            ) AS u
            WHERE u.namesakes > 1
        ), ranked AS (
            SELECT c.*, row_number() OVER (PARTITION BY c.relation, c.attribute, c.rule ORDER BY c.number, c.id COLLATE "C") AS place
            FROM culprit AS c
        )
        SELECT
            r.relation, r.attribute, r.rule, count(*) AS total,
            string_agg(r.id, ', ' ORDER BY r.place) FILTER (WHERE r.place <= 5) AS ids
        FROM ranked AS r
        GROUP BY r.relation, r.attribute, r.rule
        ORDER BY r.rule IS NULL, r.relation DESC, r.rule, r.attribute
    LOOP
        IF first IS NULL THEN
            first := broken;
        END IF;
        report := report || format(
            '%s: %s %s of %s, id %s%s', coalesce(broken.rule, broken.attribute), broken.total, CASE broken.total WHEN 1 THEN 'row' ELSE 'rows' END,
            broken.relation, broken.ids, CASE WHEN broken.total > 5 THEN ', ...' END
        );
    END LOOP;
    IF report IS NOT NULL THEN
        app := (
            SELECT n.nspname
            FROM pg_extension AS e
            JOIN pg_namespace AS n ON n.oid = e.extnamespace
            WHERE e.extname = 'todo'
        );
        IF first.rule IS NULL THEN
            RAISE EXCEPTION 'rows break rules of todo: %', report[1]
                USING ERRCODE = 'check_violation', SCHEMA = app, TABLE = first.relation, COLUMN = first.attribute,
                    DETAIL = array_to_string(report, E'\n'), HINT = hint;
        END IF;
        RAISE EXCEPTION 'rows break rules of todo: %', report[1]
            USING ERRCODE = CASE first.rule WHEN 'ix_users_email_folded' THEN 'unique_violation' ELSE 'check_violation' END,
                SCHEMA = app, TABLE = first.relation, COLUMN = first.attribute, CONSTRAINT = first.rule,
                DETAIL = array_to_string(report, E'\n'), HINT = hint;
    END IF;
END
$$;

UPDATE @extschema@.users AS u
SET name = todo_internal.trimmed(u.name),
    is_active = coalesce(u.is_active, true),
    email_verified = coalesce(u.email_verified, false)
WHERE u.name <> todo_internal.trimmed(u.name)
   OR u.is_active IS NULL
   OR u.email_verified IS NULL;

-- A task whose completed is NULL counts as completed if it has a time of completion.
UPDATE @extschema@.tasks AS t
SET title = todo_internal.trimmed(t.title),
    completed = coalesce(t.completed, t.completed_at IS NOT NULL),
    completed_at = CASE WHEN coalesce(t.completed, t.completed_at IS NOT NULL) THEN coalesce(t.completed_at, t.updated_at) END
WHERE t.title <> todo_internal.trimmed(t.title)
   OR t.completed IS NULL
   OR t.completed <> (t.completed_at IS NOT NULL);
