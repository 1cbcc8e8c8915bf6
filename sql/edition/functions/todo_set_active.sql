BEGIN
    \use required argument=user_id table=users column=id
    \use required argument=active table=users column=is_active
    \use visible
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{is_active}');
    RETURN QUERY
    \i statements/set_active.sql
    ;
\use row_not_shown
END
