    IF role = (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace AS n WHERE n.nspname = 'todo_internal') THEN
        RAISE EXCEPTION 'role % owns todo, and has all rights that it needs', role USING ERRCODE = 'invalid_grant_operation';
    END IF;
