BEGIN
    \use required argument=user_id table=users column=id
    \use visible
    \use lock_user
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'DELETE', NULL);
    RETURN QUERY
    \i statements/delete_user.sql
    ;
END
