BEGIN
    PERFORM todo_internal.must_own('@extschema@.tasks'), todo_internal.must_own('@extschema@.tasks_id_seq');
    RETURN QUERY
    \i statements/task_ids.sql
    ;
END
