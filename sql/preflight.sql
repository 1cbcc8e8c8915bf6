-- Whatever the session has set, names and literals mean here what they say, and definitions are as PostgreSQL prints them by default.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Lengths and characters are counted as Unicode characters, so the database must hold nothing else.
DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'extension todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported';
    END IF;
END
$$;
