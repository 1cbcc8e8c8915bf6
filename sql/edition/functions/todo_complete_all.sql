BEGIN
    \use required argument=user_id table=tasks column=user_id
    \use required argument=completed table=tasks column=completed
    \use lock_user
    RETURN QUERY
    \i statements/complete_all.sql
    ;
END
