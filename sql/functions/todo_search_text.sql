-- Returns a text in the form that the search compares: in lower case, and without accents. In a database with locale C, PostgreSQL knows
-- only the case of ASCII letters.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it.
CREATE FUNCTION @extschema@.todo_search_text(
    document text
)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        -- ASCII alone, whose case is the same everywhere (not in Turkish).
        WHEN pg_catalog.octet_length(document) OPERATOR(pg_catalog.=) pg_catalog.char_length(document) THEN pg_catalog.lower(document COLLATE pg_catalog."C")
        -- Latin, Greek and Cyrillic accents, Hebrew points and Arabic vowels are characters of their own in form NFKD. What that form
        -- does not take apart is replaced.
        ELSE pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
            pg_catalog.translate(
                pg_catalog.lower(pg_catalog.normalize(
                    pg_catalog.regexp_replace(
                        pg_catalog.normalize(document, 'NFKD'),
                        '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe0e\ufe0f]',
                        '', 'g'
                    ),
                    'NFKC'
                )),
                \i parts/search_letters.sql
    END;
END;

COMMENT ON FUNCTION @extschema@.todo_search_text(text) IS
    'Returns a text in lower case and without accents, as the search compares it';

-- PUBLIC may execute it: the index calls it with the rights of the role that writes a task. It reads only its arguments. own() sees to
-- that.
