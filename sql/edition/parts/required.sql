IF @argument@ IS NULL THEN
    RAISE EXCEPTION 'argument @argument@ must not be null'
        USING ERRCODE = 'not_null_violation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@';
END IF;
