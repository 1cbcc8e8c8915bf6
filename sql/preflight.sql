-- Lengths and characters are counted as Unicode characters, so the database must hold nothing else.
DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'extension todo needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported';
    END IF;
END
$$;
