-- updated_at moves when an UPDATE changes something: to now, or to what the statement sets. It always moves forward. The last time of all
-- has no successor, and a time that breaks the rule does not count.
IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND NEW OPERATOR(pg_catalog.*<>) OLD THEN
    NEW.updated_at := GREATEST(
        CASE WHEN NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at THEN NEW.updated_at ELSE utc_now END,
        CASE
            WHEN OLD.updated_at OPERATOR(pg_catalog.>=) '0001-01-01 00:00:00'::pg_catalog.timestamp
                AND OLD.updated_at OPERATOR(pg_catalog.<=) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            THEN LEAST(
                OLD.updated_at OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval,
                '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
            )
        END
    );
END IF;
