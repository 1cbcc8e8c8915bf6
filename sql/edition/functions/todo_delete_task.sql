BEGIN
    \use required argument=task_id table=tasks column=id
    \use required argument=user_id table=tasks column=user_id
    RETURN QUERY
    \i statements/delete_task.sql
    ;
END
