AS $$
DECLARE
    new_id text := coalesce(user_id, gen_random_uuid()::text);
BEGIN
    -- The database refuses it, with the error that it has for that.
    IF email IS NOT NULL THEN
        PERFORM todo_router.claim(email, new_id);
    END IF;
    BEGIN
        RETURN QUERY SELECT u.* FROM todo_router.todo_create_user(new_id, email, name, password, new_id) AS u;
    EXCEPTION WHEN OTHERS THEN
        IF email IS NOT NULL THEN
            PERFORM todo_router.release_unused(email, new_id, SQLSTATE);
        END IF;
        RAISE;
    END;
END
$$;
