BEGIN
    \use task
    \use required argument=completed table=tasks column=completed
    RETURN QUERY
    \i statements/complete_task.sql
    ;
END
