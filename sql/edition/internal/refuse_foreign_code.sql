SET search_path = pg_catalog, pg_temp
BEGIN
    PERFORM todo_internal.refuse_foreign_code_at(written, NULL, NULL);
END
