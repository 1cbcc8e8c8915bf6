DECLARE
    user_id text;
    stored text;
    verified text;
    form text;
    may_renew boolean := true;
BEGIN
    \use maintenance
    -- Once it is locked, nobody puts another table in its place.
    LOCK TABLE @extschema@.users IN ACCESS SHARE MODE;
    PERFORM todo_internal.must_own('@extschema@.users');
    -- Nothing is locked while the password is hashed. So the stored hash is read again afterwards, and if it has changed, the new one
    -- counts. A hash is renewed once at most, because a trigger may keep the old one.
    LOOP
        \i statements/credentials_by_email.sql
        INTO user_id, stored;
        stored := CASE WHEN todo_internal.visible(user_id) IS NOT NULL THEN stored END;
        EXIT WHEN stored = verified;
        form := todo_internal.verified_form(password, stored, 8);
        IF form IS NULL THEN
            RETURN;
        END IF;
        verified := CASE WHEN may_renew THEN todo_internal.renewed_hash(user_id, stored, NULL, password, form) END;
        may_renew := false;
        verified := coalesce(verified, stored);
    END LOOP;
    RETURN QUERY
    SELECT a.* FROM todo_internal.active_user(user_id) AS a;
END
