TG_OP OPERATOR(pg_catalog.=) 'INSERT'
OR COALESCE(NEW.@column@ OPERATOR(pg_catalog.<>) OLD.@column@, (NEW.@column@ IS NULL) OPERATOR(pg_catalog.<>) (OLD.@column@ IS NULL))
