IF NOT (
    \check users_hashed_password_check
) THEN
    RAISE EXCEPTION 'hashed_password is neither a bcrypt hash of cost 4-15 nor ''!'''
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'hashed_password',
            CONSTRAINT = 'users_hashed_password_check';
END IF;
