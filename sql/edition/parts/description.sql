IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 OR description OPERATOR(pg_catalog.~) E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]' THEN
    IF pg_catalog.char_length(description) OPERATOR(pg_catalog.>) 1000 THEN
        RAISE EXCEPTION 'description is longer than 1000 characters'
            USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
    END IF;
    RAISE EXCEPTION 'description contains a control character'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = 'tasks', COLUMN = 'description', CONSTRAINT = 'tasks_description_check';
END IF;
