DECLARE
    email text;
    id text;
    old_hash text;
    new_hash text;
    stored text;
    verified text;
BEGIN
    \use required argument=user_id table=users column=id
    \use required argument=current_password table=users column=hashed_password
    \use required argument=new_password table=users column=hashed_password
    PERFORM todo_internal.password(new_password);
    \use writable function=todo_change_password
    -- Once it is locked, nobody puts another table in its place.
    LOCK TABLE @extschema@.users IN ACCESS SHARE MODE;
    PERFORM todo_internal.must_own('@extschema@.users');
    \use visible
    LOOP
        \i statements/credentials_by_id.sql
        INTO id, old_hash;
        IF old_hash = verified THEN
            \use not_stored
        END IF;
        IF todo_internal.verified_form(current_password, old_hash, 8) IS NULL THEN
            RETURN false;
        END IF;
        new_hash := todo_internal.new_hash(new_password);
        PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{hashed_password}');
        stored := todo_internal.replaced_hash(user_id, old_hash, new_hash);
        IF stored = new_hash THEN
            RETURN true;
        ELSIF stored IS NOT NULL THEN
            \use not_stored
        END IF;
        -- The stored hash was replaced meanwhile, for example by a login that renewed it.
        verified := old_hash;
    END LOOP;
\use row_not_shown
END
