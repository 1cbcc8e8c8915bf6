BEGIN
    \use required argument=user_id table=tasks column=user_id
    \use lock_user
    RETURN QUERY
    \i statements/clear_completed.sql
    ;
END
