AS $$
DECLARE
    old_email text;
    has_user boolean;
BEGIN
    IF email IS NOT NULL THEN
        SELECT u.email INTO old_email FROM @extschema@.todo_get_user(user_id) AS u;
    END IF;
    IF old_email IS NULL THEN
        RETURN QUERY SELECT u.* FROM todo_router.todo_update_user(user_id, user_id, email, name) AS u;
        RETURN;
    END IF;
    PERFORM todo_router.claim(email, user_id);
    BEGIN
        RETURN QUERY SELECT u.* FROM todo_router.todo_update_user(user_id, user_id, email, name) AS u;
        has_user := FOUND;
    EXCEPTION WHEN OTHERS THEN
        PERFORM todo_router.release_unused(email, user_id, SQLSTATE);
        RAISE;
    END;
    IF NOT has_user THEN
        PERFORM todo_router.release_unused(email, user_id, '00000');
    ELSIF lower(old_email COLLATE "C") <> lower(email COLLATE "C") THEN
        PERFORM todo_router.release_all(ARRAY[old_email], user_id);
    END IF;
END
$$;
