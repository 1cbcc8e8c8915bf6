-- If the statement sets it: in the years 1 to 9999, and the local time, as an application's NOW() is, becomes UTC.
IF
    \use is_set column=@column@
THEN
    IF NEW.@column@ OPERATOR(pg_catalog.<) '0001-01-01 00:00:00'::pg_catalog.timestamp
        OR NEW.@column@ OPERATOR(pg_catalog.>) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
    THEN
        RAISE EXCEPTION '@column@ is not in the years 1 to 9999'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = '@table@', COLUMN = '@column@';
    END IF;
    IF NEW.@column@ OPERATOR(pg_catalog.=) LOCALTIMESTAMP THEN
        NEW.@column@ := utc_now;
    END IF;
END IF;
