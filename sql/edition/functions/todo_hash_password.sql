-- With the owner's rights, because the caller need not be able to use the schema of pgcrypto.
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN
    \use required argument=password table=users column=hashed_password
    RETURN todo_internal.new_hash(password);
END
