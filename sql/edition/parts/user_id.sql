IF @value@ OPERATOR(pg_catalog.=) '' THEN
    RAISE EXCEPTION 'id is empty'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'id', CONSTRAINT = 'users_id_check';
END IF;
IF pg_catalog.char_length(@value@) OPERATOR(pg_catalog.>) 36 THEN
    RAISE EXCEPTION 'id is longer than 36 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'id';
END IF;
