BEGIN
    \use required argument=email table=users column=email
    \use required argument=name table=users column=name
    \use required argument=password table=users column=hashed_password
    \use email
    \use line table=users column=name max=100
    \use user_id value=user_id
    \use writable function=todo_create_user
    \use maintenance
    user_id := COALESCE(user_id, gen_random_uuid()::text);
    IF todo_internal.visible(user_id) IS NULL THEN
        RAISE EXCEPTION 'new row violates row-level security policy for table "users"'
            USING ERRCODE = 'insufficient_privilege', SCHEMA = @schema@, TABLE = 'users', COLUMN = 'id';
    END IF;
    password := todo_internal.new_hash(password);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'INSERT', NULL);
    RETURN QUERY
    \i statements/create_user.sql
    ;
\use row_not_shown
END
