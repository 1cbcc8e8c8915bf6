BEGIN
    RETURN QUERY
    \i statements/task_ids.sql
    ;
END
