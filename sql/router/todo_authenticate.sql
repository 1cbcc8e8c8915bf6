AS $$
BEGIN
    -- For an unknown address, some database takes as long as the right one would.
    RETURN QUERY SELECT u.* FROM todo_router.todo_authenticate(coalesce(todo_router.find(email), email), email, password) AS u;
END
$$;
