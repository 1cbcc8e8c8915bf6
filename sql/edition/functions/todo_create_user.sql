BEGIN
    \use required argument=email table=users column=email
    \use required argument=name table=users column=name
    \use required argument=password table=users column=hashed_password
    \use email
    \use line table=users column=name max=100
    \use user_id value=user_id
    \use writable function=todo_create_user
    password := todo_internal.new_hash(password);
    user_id := COALESCE(user_id, gen_random_uuid()::text);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'INSERT', NULL);
    RETURN QUERY
    \i statements/create_user.sql
    ;
\use row_not_shown
END
