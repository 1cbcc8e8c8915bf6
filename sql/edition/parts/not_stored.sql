RAISE EXCEPTION 'could not store the password'
    USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'A trigger or rule of the application kept it from being stored.';
