IF NEW.@column@ IS NULL THEN
    RAISE EXCEPTION '@column@ must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = '@table@', COLUMN = '@column@';
END IF;
