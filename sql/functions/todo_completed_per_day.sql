-- Returns for each day from from_day to to_day how many of a user's tasks were completed on that day in the time zone, including days with
-- none. At most 3660 days.
-- Errors: 23502 a day is NULL; 22023 no such time zone, or too many days; 22008 a day is infinite, or out of PostgreSQL's range.
CREATE FUNCTION @extschema@.todo_completed_per_day(
    user_id text,
    from_day date,
    to_day date,
    timezone text DEFAULT 'UTC'
)
RETURNS TABLE (day date, completed bigint)
LANGUAGE plpgsql STABLE ROWS 30 PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
-- Columns are qualified, so that these names are those of arguments.
#variable_conflict use_variable
BEGIN
    IF from_day IS NULL OR to_day IS NULL THEN
        RAISE EXCEPTION 'arguments from_day and to_day must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF to_day - from_day >= 3660 THEN
        RAISE EXCEPTION 'there are more than 3660 days from from_day to to_day' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    timezone := coalesce(timezone, 'UTC');
    -- An unknown zone is an error even where no task was completed.
    PERFORM now() AT TIME ZONE timezone;
    RETURN QUERY
    SELECT d.day, coalesce(c.completed, 0)
    FROM generate_series(0, to_day - from_day) AS n (number)
    CROSS JOIN LATERAL (SELECT from_day + n.number) AS d (day)
    LEFT JOIN (
        SELECT (t.completed_at AT TIME ZONE 'UTC' AT TIME ZONE timezone)::date AS day, count(*) AS completed
        FROM @extschema@.tasks AS t
        WHERE t.user_id = todo_completed_per_day.user_id COLLATE "default"
          -- No zone is more than a week away from UTC, not even one that is given in hours.
          AND t.completed_at >= from_day - 8 AND t.completed_at < to_day + 9
        GROUP BY 1
    ) AS c ON c.day = d.day
    ORDER BY d.day;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) IS
    'Returns for each day how many of a user''s tasks were completed on it';

REVOKE ALL ON FUNCTION @extschema@.todo_completed_per_day(text, date, date, text) FROM PUBLIC;
