BEGIN
    \use required argument=user_id table=users column=id
    \use visible
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{email_verified}');
    RETURN QUERY
    \i statements/verify_email.sql
    ;
\use row_not_shown
END
