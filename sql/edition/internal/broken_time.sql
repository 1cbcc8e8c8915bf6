SET search_path = pg_catalog, pg_temp
BEGIN
    IF column_name <> ALL (ARRAY['users.created_at', 'users.updated_at', 'tasks.created_at', 'tasks.updated_at', 'tasks.completed_at']) THEN
        RAISE EXCEPTION 'no rule for this column' USING ERRCODE = 'undefined_column';
    END IF;
    RETURN CASE
        WHEN value < '0001-01-01 00:00:00' OR value > '9999-12-31 23:59:59.999999'
            THEN split_part(column_name, '.', 2) || ' is not in the years 1 to 9999'
    END;
END
