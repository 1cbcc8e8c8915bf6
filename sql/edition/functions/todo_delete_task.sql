BEGIN
    \use task
    RETURN QUERY
    \i statements/delete_task.sql
    ;
END
