-- The arguments of a function on a task. Both at once first: PostgreSQL prepares each expression anew in every transaction.
IF task_id IS NULL OR user_id IS NULL THEN
    \use required argument=task_id table=tasks column=id
    \use required argument=user_id table=tasks column=user_id
END IF;
