AS $$
DECLARE
    found_id text := todo_router.find(email);
BEGIN
    IF found_id IS NOT NULL THEN
        RETURN QUERY SELECT u.* FROM todo_router.todo_find_user(found_id, email) AS u;
    END IF;
END
$$;
