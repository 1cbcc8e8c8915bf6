BEGIN
    \use required argument=user_id table=users column=id
    \use email
    \use line table=users column=name max=100
    \use visible
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{email,name}');
    RETURN QUERY
    \i statements/update_user.sql
    ;
\use row_not_shown
END
