IF pg_catalog.char_length(email) OPERATOR(pg_catalog.>) 255 THEN
    RAISE EXCEPTION 'email is longer than 255 characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'email';
END IF;
IF NOT (
    \check users_email_check
) THEN
    RAISE EXCEPTION 'email is not a valid e-mail address'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_check';
END IF;
