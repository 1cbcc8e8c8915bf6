AS $$
BEGIN
    RETURN QUERY SELECT u.* FROM todo_router.todo_delete_user(user_id, user_id) AS u;
    IF FOUND THEN
        BEGIN
            PERFORM todo_router.release_all(ARRAY(SELECT a FROM todo_router.addresses(user_id) AS a), user_id);
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'the address of user % stays taken: %', user_id, SQLERRM;
        END;
    END IF;
END
$$;
