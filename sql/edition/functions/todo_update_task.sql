BEGIN
    \use task
    \use line table=tasks column=title max=200
    \use description
    RETURN QUERY
    \i statements/update_task.sql
    ;
END
