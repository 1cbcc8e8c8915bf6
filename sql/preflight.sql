-- The session's settings must not change what names and literals mean here, nor how definitions are printed.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Lengths are counted in Unicode characters, so the database must have a Unicode encoding.
DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'extension todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported', HINT = 'Create it with TEMPLATE template0 ENCODING ''UTF8''.';
    END IF;
END
$$;
