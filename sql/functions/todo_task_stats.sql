-- Returns figures on a user's tasks: always one row.
--   total, pending, completed  how many tasks there are
--   completion_rate            completed of total, from 0 to 1; NULL without tasks
--   median_time, p90_time      half, and nine tenths, of the completed tasks were completed within this time after they were created; NULL
--                              without completed tasks
--   longest_streak             the largest number of consecutive days, in the time zone, on each of which a task was completed
-- Errors: 22023 no such time zone, if a task is completed.
CREATE FUNCTION @extschema@.todo_task_stats(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    timezone text DEFAULT 'UTC'
)
RETURNS TABLE (
    total bigint,
    pending bigint,
    completed bigint,
    completion_rate double precision,
    median_time interval,
    p90_time interval,
    longest_streak integer
)
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH task AS (
        SELECT t.completed_at, t.completed_at - t.created_at AS duration
        FROM @extschema@.tasks AS t
        WHERE t.user_id = todo_task_stats.user_id COLLATE "default"
    ), day AS (
        SELECT DISTINCT (t.completed_at AT TIME ZONE 'UTC' AT TIME ZONE coalesce(timezone, 'UTC'))::date AS day
        FROM task AS t
        WHERE t.completed_at IS NOT NULL
    ), streak AS (
        -- Days in a row are as far from their numbers.
        SELECT count(*) AS days
        FROM (SELECT d.day - row_number() OVER (ORDER BY d.day)::integer AS origin FROM day AS d) AS d
        GROUP BY d.origin
    )
    SELECT
        count(*),
        count(*) - count(t.completed_at),
        count(t.completed_at),
        count(t.completed_at)::double precision / nullif(count(*), 0),
        justify_hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY t.duration)),
        justify_hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY t.duration)),
        coalesce((SELECT max(s.days) FROM streak AS s), 0)::integer
    FROM task AS t
$$;

COMMENT ON FUNCTION @extschema@.todo_task_stats(text, text) IS
    'Returns figures on a user''s tasks: counts, times to completion, and the longest streak of days';

REVOKE ALL ON FUNCTION @extschema@.todo_task_stats(text, text) FROM PUBLIC;
