BEGIN
    \use required argument=task_id table=tasks column=id
    \use required argument=user_id table=tasks column=user_id
    \use line table=tasks column=title max=200
    \use description
    RETURN QUERY
    \i statements/update_task.sql
    ;
END
