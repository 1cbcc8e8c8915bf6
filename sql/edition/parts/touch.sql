-- updated_at moves when an UPDATE changes something: to now, or to what the statement sets. It always moves forward.
IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
    given := NEW.updated_at;
    NEW.updated_at := OLD.updated_at;
    IF given OPERATOR(pg_catalog.<>) OLD.updated_at OR NEW OPERATOR(pg_catalog.*<>) OLD THEN
        NEW.updated_at := CASE WHEN given OPERATOR(pg_catalog.<>) OLD.updated_at THEN given ELSE utc_now END;
        -- The last time of all has no successor. A time that breaks the rule does not count.
        IF OLD.updated_at OPERATOR(pg_catalog.>=) '0001-01-01 00:00:00'::pg_catalog.timestamp
            AND OLD.updated_at OPERATOR(pg_catalog.<=) '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
        THEN
            NEW.updated_at := GREATEST(
                NEW.updated_at,
                LEAST(
                    OLD.updated_at OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval,
                    '9999-12-31 23:59:59.999999'::pg_catalog.timestamp
                )
            );
        END IF;
    END IF;
END IF;
