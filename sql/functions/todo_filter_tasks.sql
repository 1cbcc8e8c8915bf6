-- Returns one page of a user's tasks. An argument that is NULL filters nothing, or has its default.
--   completed     whether the tasks are completed
--   search        words separated by spaces, at most 20 words and 200 characters. Each must be the beginning of a word in the title or the
--                 description. Letter case and accents do not matter (see todo_search_text)
--   created_from  created at this time (UTC) or later
--   created_to    created before this time (UTC)
--   sort          'created'    newest first
--                 'updated'    last changed first
--                 'completed'  pending tasks first, newest first; then completed ones, last completed first
--                 'title'      in the order of the database's collation
--   page_size     how many tasks at most, 1 to 1000
--   after         todo_task_cursor() of the last task of the page before, in the same order. The page begins after it
-- Tasks that are equal in that order are in the order of their ids. Pages are not found by counting rows. So each is as fast as the first,
-- and a task that is created or deleted meanwhile does not move others to another page.
-- PARALLEL UNSAFE, because reading a cursor takes a subtransaction.
-- Errors: 22023 no such order, page_size is out of range, search is too long, or after is not a cursor of this user and this order.
CREATE FUNCTION @extschema@.todo_filter_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT NULL,
    search text DEFAULT NULL,
    created_from timestamp DEFAULT NULL,
    created_to timestamp DEFAULT NULL,
    sort text DEFAULT 'created',
    page_size integer DEFAULT 50,
    after text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE plpgsql STABLE ROWS 50 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
-- One plan serves all users: it walks an index, or sorts. Starting parallel workers would take longer than most pages.
SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0
-- If there are few users, PostgreSQL would otherwise walk the tasks of all users by their times, and sort those of the same time.
SET enable_incremental_sort = off
-- With a limit, a search by the GIN index would leave out matching tasks.
SET gin_fuzzy_search_limit = 0
SET enable_bitmapscan = on
AS $$
-- Columns are qualified, so that these names are those of arguments and variables.
#variable_conflict use_variable
DECLARE
    -- The collation of an argument may be another one than the columns have.
    owner CONSTANT text COLLATE "default" := user_id;
    -- Where the last task stands. Before the first page, these are values that no task has, so that one plan serves all pages. last_time is when
    -- that task was changed, or completed; NULL if it was pending.
    last_time timestamp := CASE sort WHEN 'updated' THEN 'infinity' END;
    last_created timestamp := 'infinity';
    last_title text COLLATE "default" := '';
    last_id bigint := CASE WHEN sort = 'title' THEN 0 ELSE 9223372036854775807 END;
    place jsonb;
    sought CONSTANT text COLLATE "default" := search;
    patterns text[];
    words tsquery;
    on_page integer := 0;
    seen integer;
    -- A variable, because PostgreSQL would sort where it knows that most users have fewer tasks.
    glance integer;
    -- The glance begins where the page does, in an order by creation; otherwise at the newest task.
    glance_created timestamp := 'infinity';
    glance_id bigint := 9223372036854775807;
    \i parts/search_characters.sql
BEGIN
    sort := coalesce(sort, 'created');
    page_size := coalesce(page_size, 50);
    IF sort NOT IN ('created', 'updated', 'completed', 'title') THEN
        RAISE EXCEPTION 'sort must be created, updated, completed or title' USING ERRCODE = 'invalid_parameter_value';
    ELSIF page_size NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'page_size must be 1 to 1000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    glance := 1000 + 2 * page_size;
    IF after IS NOT NULL THEN
        BEGIN
            place := convert_from(decode(substr(after, 2), 'hex'), 'UTF8')::jsonb;
            last_id := place -> 2;
            IF sort = 'title' THEN
                last_title := place ->> 3;
            ELSIF sort = 'created' THEN
                last_created := place ->> 3;
            ELSE
                last_time := place ->> 3;
                last_created := coalesce(place ->> 4, 'infinity');
            END IF;
        EXCEPTION WHEN data_exception OR statement_too_complex THEN
            place := NULL;
        END;
        IF (left(after, 1) = '1' AND place ->> 0 = sort AND place -> 1 = to_jsonb(hashtextextended(user_id COLLATE "C", 0))
            AND last_id IS NOT NULL AND last_title IS NOT NULL AND last_created IS NOT NULL AND (last_time IS NOT NULL OR sort <> 'updated'))
            IS NOT TRUE
        THEN
            RAISE EXCEPTION 'after is not a cursor of this user and order'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is todo_task_cursor(task, sort) of the last task of the page before.';
        END IF;
    END IF;

    IF (sort = 'created' OR sort = 'completed' AND completed IS FALSE) AND created_to <= last_created THEN
        -- No task that was created then has an id below this one.
        last_created := created_to;
        last_id := 0;
    END IF;

    IF char_length(sought) > 200 THEN
        RAISE EXCEPTION 'search is longer than 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Every character stands for itself. A word may begin anywhere in the text if its first character does not belong to a longer word.
    SELECT array_agg(
        CASE WHEN t.term ~ format('^[%s%s]', separators, unspaced) THEN '' ELSE format('(?:^|[%s%s])', separators, unspaced) END
        || regexp_replace(t.term, '([!-/:-@\[-`{-~])', '\\\1', 'g')
    )
    INTO patterns
    FROM (SELECT DISTINCT regexp_split_to_table(@extschema@.todo_search_text(sought), '\s+')) AS t (term)
    WHERE t.term <> '';
    IF cardinality(patterns) > 20 THEN
        RAISE EXCEPTION 'search has more than 20 words' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF patterns IS NOT NULL AND EXISTS (
        SELECT
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE i.indexrelid = to_regclass('@extschema@.ix_tasks_search')
          AND i.indrelid = '@extschema@.tasks'::regclass
          AND i.indisvalid
          AND i.indpred IS NULL
          AND a.amname = 'gin'
          AND pg_get_expr(i.indexprs, i.indrelid) LIKE '%todo_search_words%'
          -- PostgreSQL does not look for words in an index before it knows that the caller may see the row.
          AND NOT (
              row_security_active(i.indrelid)
              AND EXISTS (
                  SELECT
                  FROM pg_policy AS p
                  CROSS JOIN unnest(p.polroles) AS r (oid)
                  WHERE p.polrelid = i.indrelid AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) <> 'true'
                    AND (r.oid = 0 OR pg_has_role(r.oid, 'USAGE'))
              )
          )
    ) THEN
        IF sort = 'created' OR sort = 'completed' AND completed IS FALSE THEN
            glance_created := last_created;
            glance_id := last_id;
        END IF;
        SELECT count(*)
        INTO seen
        FROM (
            SELECT
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND (task.created_at, task.id) < (glance_created, glance_id)
            ORDER BY task.created_at DESC, task.id DESC
            LIMIT glance
        ) AS first;
        -- Where the next tasks fill a page, the index would be slower, because it finds all that match. The other orders may have to read
        -- all tasks, which takes longer still.
        IF seen = glance AND sort = 'created' AND completed IS NOT FALSE THEN
            SELECT count(*)
            INTO on_page
            FROM (
                SELECT
                FROM (
                    SELECT task.*
                    FROM @extschema@.tasks AS task
                    WHERE task.user_id = owner AND (task.created_at, task.id) < (glance_created, glance_id)
                    ORDER BY task.created_at DESC, task.id DESC
                    LIMIT glance
                ) AS task
                WHERE
                    \i parts/task_filters.sql
                LIMIT page_size
            ) AS page;
        ELSIF seen = glance AND sort IN ('created', 'completed') THEN
            SELECT count(*)
            INTO on_page
            FROM (
                SELECT
                FROM (
                    \i parts/next_by_completion.sql
                ) AS task
                WHERE
                    \i parts/task_filters.sql
                LIMIT page_size
            ) AS page;
            SELECT count(*)
            INTO seen
            FROM (
                \i parts/next_by_completion.sql
            ) AS task
            WHERE on_page < page_size;
        END IF;
        IF seen >= glance AND on_page < page_size THEN
            words := (
                SELECT string_agg(format('''%s'':*', replace(replace(w.word, '\', '\\'), '''', '''''')), ' & ')
                FROM unnest(tsvector_to_array(@extschema@.todo_search_words(owner, sought))) AS w (word)
            );
        END IF;
        on_page := 0;
    END IF;

    IF words IS NOT NULL THEN
        -- What the index finds is few enough to be sorted. No other index is used: PostgreSQL does not know how few.
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE @extschema@.todo_search_words(task.user_id, task.title, task.description) @@ words AND (task.user_id = owner) IS TRUE AND
            \i parts/task_filters.sql
          AND CASE sort
              WHEN 'created' THEN (task.created_at, task.id) < (last_created, last_id)
              WHEN 'updated' THEN (task.updated_at, task.id) < (last_time, last_id)
              WHEN 'title' THEN (task.title, task.id) > (last_title, last_id)
              ELSE (coalesce(task.completed_at, 'infinity'), task.created_at, task.id) < (coalesce(last_time, 'infinity'), last_created, last_id)
          END
        ORDER BY
            CASE WHEN sort = 'title' THEN task.title END,
            CASE WHEN sort = 'title' THEN task.id END,
            CASE sort WHEN 'updated' THEN task.updated_at WHEN 'completed' THEN coalesce(task.completed_at, 'infinity') END DESC,
            CASE WHEN sort <> 'updated' THEN task.created_at END DESC,
            task.id DESC
        LIMIT page_size;
    ELSIF sort = 'updated' THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
            \i parts/task_filters.sql
          AND (task.updated_at, task.id) < (last_time, last_id)
        ORDER BY task.updated_at DESC, task.id DESC
        LIMIT page_size;
    ELSIF sort = 'title' THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
            \i parts/task_filters.sql
          AND (task.title, task.id) > (last_title, last_id)
        ORDER BY task.title, task.id
        LIMIT page_size;
    ELSIF sort = 'created' AND completed IS NOT FALSE THEN
        RETURN QUERY
        SELECT task.*
        FROM @extschema@.tasks AS task
        WHERE task.user_id = owner AND
            \i parts/task_filters.sql
          AND (task.created_at, task.id) < (last_created, last_id)
        ORDER BY task.created_at DESC, task.id DESC
        LIMIT page_size;
    ELSE
        IF completed IS NOT TRUE AND last_time IS NULL THEN
            RETURN QUERY
            SELECT task.*
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND
                \i parts/task_filters.sql
              AND task.completed_at IS NULL
              AND (task.created_at, task.id) < (last_created, last_id)
                ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
            LIMIT page_size;
            GET DIAGNOSTICS on_page = ROW_COUNT;
        END IF;
        IF completed IS NOT FALSE AND on_page < page_size THEN
            IF last_time IS NULL THEN
                last_time := 'infinity';
                last_created := 'infinity';
                last_id := 9223372036854775807;
            END IF;
            RETURN QUERY
            SELECT task.*
            FROM @extschema@.tasks AS task
            WHERE task.user_id = owner AND
                \i parts/task_filters.sql
              AND task.completed_at IS NOT NULL
              AND (task.completed_at, task.created_at, task.id) < (last_time, last_created, last_id)
            ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
            LIMIT page_size - on_page;
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) IS
    'Returns one page of a user''s tasks, filtered and sorted';

REVOKE ALL ON FUNCTION @extschema@.todo_filter_tasks(text, boolean, text, timestamp, timestamp, text, integer, text) FROM PUBLIC;
