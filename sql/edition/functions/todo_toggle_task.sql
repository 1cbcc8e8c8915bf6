BEGIN
    \use task
    RETURN QUERY
    \i statements/toggle_task.sql
    ;
END
