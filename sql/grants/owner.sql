    IF role = 'todo_owner' THEN
        RAISE EXCEPTION 'role todo_owner has all rights that it needs' USING ERRCODE = 'invalid_grant_operation';
    END IF;
