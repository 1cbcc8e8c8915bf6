BEGIN
    \use required argument=task_id table=tasks column=id
    \use required argument=user_id table=tasks column=user_id
    \use required argument=completed table=tasks column=completed
    RETURN QUERY
    \i statements/complete_task.sql
    ;
END
