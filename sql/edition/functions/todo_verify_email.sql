BEGIN
    \use required argument=user_id table=users column=id
    PERFORM todo_internal.refuse_foreign_code('@extschema@.users');
    RETURN QUERY
    \i statements/verify_email.sql
    ;
\use row_not_shown
END
