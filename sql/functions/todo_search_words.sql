-- Returns the words of a task, each after the id of the user, for an index that makes searches of todo_filter_tasks() faster
-- (docs/lists.md). Only the first 64 characters of a word count, and only as much of each argument as its column can store, because
-- array_to_tsvector() does not check whether a word, or all words together, are too long for a tsvector.
CREATE FUNCTION @extschema@.todo_search_words(
    user_id text,
    title text,
    description text DEFAULT NULL
)
RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    \i parts/search_characters.sql
BEGIN
    RETURN (
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT concat(left(user_id, 36), ' ', left(m.words[1], 64))), '{}'))
        FROM regexp_matches(
            @extschema@.todo_search_text(concat_ws(E'\n', left(title, 200), left(description, 1000))),
            format('[%1$s]|[^%1$s%2$s]+', unspaced, separators),
            'g'
        ) AS m (words)
    );
END
$$;

COMMENT ON FUNCTION @extschema@.todo_search_words(text, text, text) IS
    'Returns the words of a task, for an index for the search';

-- PUBLIC may execute it: the index calls it with the rights of the role that writes a task. It reads only its arguments. own() sees to
-- that.
