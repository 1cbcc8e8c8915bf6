-- With the owner's rights, because the caller need not be able to use the schema of pgcrypto.
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN
    RETURN todo_internal.verified_form(password, hash, 0) IS NOT NULL;
END
