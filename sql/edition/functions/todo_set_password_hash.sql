DECLARE
    hashed_password CONSTANT pg_catalog.text := hash;
    stored pg_catalog.text;
BEGIN
    \use required argument=user_id table=users column=id
    \use required argument=hash table=users column=hashed_password
    \use hashed_password
    \i statements/set_password_hash.sql
    INTO stored;
    RETURN QUERY
    \i statements/user.sql
    ;
    IF FOUND AND (stored OPERATOR(pg_catalog.=) hash) IS NOT TRUE THEN
        \use not_stored
    END IF;
END
