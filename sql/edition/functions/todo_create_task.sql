BEGIN
    IF user_id IS NULL OR title IS NULL THEN
        \use required argument=user_id table=tasks column=user_id
        \use required argument=title table=tasks column=title
    END IF;
    -- PostgreSQL cuts trailing blanks to make a longer id fit varchar(36), which could be another user's id.
    IF user_id OPERATOR(pg_catalog.=) '' OR pg_catalog.char_length(user_id) OPERATOR(pg_catalog.>) 36 THEN
        RAISE EXCEPTION 'insert or update on table "tasks" violates foreign key constraint "tasks_user_id_fkey"'
            USING ERRCODE = 'foreign_key_violation', SCHEMA = @schema@, TABLE = 'tasks', COLUMN = 'user_id',
                CONSTRAINT = 'tasks_user_id_fkey';
    END IF;
    -- The trigger does the rest.
    \use fits table=tasks column=title max=200
    IF description OPERATOR(pg_catalog.=) '' THEN
        description := NULL;
    END IF;
    RETURN QUERY
    \i statements/create_task.sql
    ;
END
